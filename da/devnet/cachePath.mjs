// Where the built devnet is kept. Plain JavaScript with nothing but Node, because the setup asks before anything is installed or built.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder of the devnet's Go sources. */
export const devnetSources = fileURLToPath(new URL(".", import.meta.url));

/** Where a build of the present sources is kept: `<cache>/bin/celestia-devnet-<hash of the sources>`. */
export function devnetCachePath(environment = process.env) {
  const cache = environment.HERALD_CACHE ?? join(environment.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "herald");
  const hash = createHash("sha256");
  for (const file of sourceFiles()) hash.update(`${file}\0`).update(readFileSync(join(devnetSources, file)));
  return join(cache, "bin", `celestia-devnet-${hash.digest("hex").slice(0, 16)}`);
}

function sourceFiles() {
  return readdirSync(devnetSources, { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => /(\.go|^go\.(mod|sum))$/.test(file) && !file.endsWith("_test.go"))
    .sort();
}
