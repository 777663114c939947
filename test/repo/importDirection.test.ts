import { execFile } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Lints a file that holds one import only, in the folder it would stand in. */
async function lintImport(folder: string, imported: string): Promise<string> {
  const file = join(folder, `importDirection${process.pid}.ts`);
  writeFileSync(join(root, file), `import type { A } from "${imported}";\n\nexport type B = A;\n`);
  try {
    return await new Promise((resolve, reject) => {
      execFile("npx", ["biome", "lint", "--error-on-warnings", file], { cwd: root }, (error, stdout, stderr) => {
        if (typeof error?.code === "string") reject(error);
        else resolve(`exit ${error?.code ?? 0}\n${stdout}${stderr}`);
      });
    });
  } finally {
    rmSync(join(root, file));
  }
}

// wire <- chains, ritual, da <- workflows <- relayer
test.each([
  ["contracts/wire/src", "@herald/chains/quorum/quorumClient"],
  ["contracts/wire/src", "node:fs"],
  ["chains/src", "@herald/da/blob"],
  ["chains/src", "@temporalio/common"],
  ["da/src", "@herald/ritual/models/model"],
  ["ritual/src", "@herald/workflows/flows/contract"],
  ["workflows/src", "@herald/relayer/store/schema"],
  ["workflows/src/flows", "viem"],
  ["workflows/src/flows", "zod"],
  ["workflows/src/flows", "@herald/chains/quorum/quorumClient"],
  ["relayer/src/service", "@herald/world/startWorld"],
  ["test/world/src", "@herald/relayer/config/relayerConfig"],
  ["test/world/src", "@herald/ritual/worker/startWorker"],
])("%s must not import %s", async (folder, imported) => {
  expect(await lintImport(folder, imported)).toMatch(/^exit 1[\s\S]*noRestrictedImports/);
});

test.each([
  ["chains/src", "@herald/wire/errors"],
  ["workflows/src/effects", "@herald/chains/send/transactionSender"],
  ["workflows/src/flows", "@herald/wire/lifecycle"],
  ["relayer/src/service", "@herald/workflows/flows/contract"],
  ["test/world/src", "@herald/ritual/models/smollm2"],
])("%s may import %s", async (folder, imported) => {
  expect(await lintImport(folder, imported)).toMatch(/^exit 0/);
});
