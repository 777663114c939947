import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Hex } from "viem";

/** The part of `contracts/forge.mjs` that is used here. */
interface Forge {
  forge(args: readonly string[], stdio: string): number;
}

/** Creation code of contracts that the build leaves out, since only tests have them; `source` is relative to `contracts`. */
export async function compileTestContracts(source: string, names: readonly string[]): Promise<readonly Hex[]> {
  const out = mkdtempSync(join(tmpdir(), "herald-contracts-"));
  try {
    const { forge }: Forge = await import(new URL("../../../contracts/forge.mjs", import.meta.url).href);
    const status = forge(["build", source, "--out", out, "--cache-path", join(out, "cache")], "ignore");
    if (status !== 0) throw new Error(`${source} does not compile`);
    return names.map((name) => {
      const artifact = join(out, basename(source), `${name}.json`);
      return JSON.parse(readFileSync(artifact, "utf8")).bytecode.object;
    });
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}
