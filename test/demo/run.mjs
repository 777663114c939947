// `npm run demo`: installs and builds what is missing, then runs the demo itself, which is compiled code.
import { ensureToolchain } from "../setup/toolchain.mjs";

const known = new Set(["--keep", "--json"]);
const options = process.argv.slice(2);
const unknown = options.filter((it) => !known.has(it));
if (unknown.length > 0 || options.includes("--help")) {
  if (unknown.length > 0 && !options.includes("--help")) console.error(`Unknown option ${unknown.join(", ")}.\n`);
  console.error(`Usage: npm run demo -- [--keep] [--json]

  --keep  leave the local world up and print its URLs; Ctrl-C ends it
  --json  print a machine-readable summary as the last line of standard output, when everything has ended`);
  process.exit(options.includes("--help") ? 0 : 64);
}

const startedAt = Date.now();
const environment = await ensureToolchain({ quiet: true });
const setupMs = Date.now() - startedAt;
// Only now: this needs the packages and the build that the line above made sure of.
const { runDemo } = await import("../dist/demo/runDemo.js");
process.exitCode = await runDemo({
  environment,
  startedAt,
  setupMs,
  keep: options.includes("--keep"),
  json: options.includes("--json"),
});
