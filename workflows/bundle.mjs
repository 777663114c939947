// Bundles the flows once, at build time: a relayer then starts without webpack, and the bundle that ran can be kept for replay.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { bundleWorkflowCode, DefaultLogger } from "@temporalio/worker";

const { code } = await bundleWorkflowCode({
  workflowsPath: createRequire(import.meta.url).resolve("./dist/flows/inferenceRequest.js"),
  logger: new DefaultLogger("WARN"),
});
// The source map, which Temporal wants inline, carries this machine's absolute paths and the source of every dependency.
const root = fileURLToPath(new URL("..", import.meta.url));
const marker = /^(\/\/# sourceMappingURL=data:[^,]*;base64,)(.*)$/m;
const scrubbed = code.replaceAll(root, "").replace(marker, (_line, head, data) => {
  const map = JSON.parse(Buffer.from(data, "base64").toString("utf8").replaceAll(root, ""));
  const { sources } = map;
  const sourcesContent = (map.sourcesContent ?? []).map((text, i) => (/flows\//.test(sources[i]) ? text : ""));
  return head + Buffer.from(JSON.stringify({ ...map, sourcesContent })).toString("base64");
});
const inlined = marker.exec(scrubbed);
if (inlined === null) throw new Error("the flow bundle has no inline source map");
writeFileSync(new URL("./dist/flowBundle.js", import.meta.url), scrubbed);
const kilobytes = Math.round(readFileSync(new URL("./dist/flowBundle.js", import.meta.url)).length / 1024);
const map = Buffer.from(inlined[2], "base64").toString("utf8");
if (scrubbed.includes(root) || map.includes(root)) throw new Error("the flow bundle names this machine's paths");
if (/node_modules\/(viem|zod)\//.test(scrubbed + map))
  throw new Error("the flows bundle viem or zod, which doubles a worker's memory");
process.stdout.write(`flow bundle: ${kilobytes} kB\n`);
