// Builds the devnet into Herald's cache unless a build of the same sources is there, and prints its path.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { devnetCachePath, devnetSources } from "./cachePath.mjs";

const path = devnetCachePath();
if (!existsSync(path)) {
  const partial = `${path}.${process.pid}.tmp`;
  mkdirSync(dirname(path), { recursive: true });
  const build = spawnSync("go", ["build", "-trimpath", "-ldflags", "-s -w", "-o", partial, "."], {
    cwd: devnetSources,
    env: { ...process.env, CGO_ENABLED: "0" },
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (build.error) console.error(`go could not be run: ${build.error.message}`);
  if (build.status !== 0) process.exit(1);
  renameSync(partial, path);
}
console.log(path);
