// Runs forge and ends as forge ended: the `forge` command of npm's package ends with 0 whatever happened.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));

/** Path of forge itself, for programs that call it. */
export function forgeProgram() {
  const arch = { x64: "amd64", arm64: "arm64" }[process.arch] ?? process.arch;
  const name = process.platform === "win32" ? "forge.exe" : "forge";
  return createRequire(import.meta.url).resolve(`@foundry-rs/forge-${process.platform}-${arch}/bin/${name}`);
}

/** Runs forge in this folder; its exit status. */
export function forge(args, stdio = "inherit") {
  const { status, error } = spawnSync(forgeProgram(), args, { cwd: here, stdio });
  if (error) throw error;
  return status ?? 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) process.exit(forge(process.argv.slice(2)));
