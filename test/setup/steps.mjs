// What a checkout needs beyond its files, and how each part is made.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { devnetCachePath } from "../../da/devnet/cachePath.mjs";
import { cache, root, temporalPath, temporalVersion } from "./places.mjs";

/** @type {Record<string, import("./runStep.mjs").Step>} */
export const steps = {
  temporal: {
    name: "temporal",
    hint: "building the Temporal server with Go, minutes the first time",
    shared: true,
    needed: () => !existsSync(temporalPath),
    work: async (exec) => {
      mkdirSync(dirname(temporalPath), { recursive: true });
      // On the same file system as its place, so that moving it there is one step: nobody ever sees half a program.
      const folder = mkdtempSync(join(cache, "bin", ".temporal-"));
      try {
        const flags = ["-trimpath", "-ldflags", "-s -w"];
        const env = { CGO_ENABLED: "0", GOBIN: folder };
        await exec("go", ["install", ...flags, `github.com/temporalio/cli/cmd/temporal@v${temporalVersion}`], { env });
        renameSync(join(folder, "temporal"), temporalPath);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  },
  celestia: {
    name: "celestia",
    hint: "building the Celestia devnet with Go, about 2 GB of modules and minutes the first time",
    shared: true,
    needed: () => !existsSync(devnetCachePath()),
    work: (exec) => exec(process.execPath, ["da/devnet/build.mjs"]),
  },
  packages: {
    name: "packages",
    hint: "npm ci",
    shared: false,
    needed: () => !packagesInstalled(),
    work: (exec) => exec("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]),
  },
  sqlite: {
    name: "sqlite",
    hint: "compiling better-sqlite3, about a minute",
    shared: false,
    needed: () => !sqliteLoads(),
    work: (exec) => exec("npm", ["rebuild", "better-sqlite3"], { env: nodeHeaders() }),
  },
  contracts: {
    name: "contracts",
    hint: "forge build, seconds the first time",
    shared: false,
    // Without the tests, which take forge several times as long and are compiled when they run.
    work: (exec) =>
      exec(process.execPath, ["forge.mjs", "build", "--skip", "test/**"], { cwd: join(root, "contracts") }),
  },
  typescript: {
    name: "typescript",
    hint: "npm run build, a minute the first time",
    shared: false,
    work: (exec) => exec("npm", ["run", "build"], { env: { TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" } }),
  },
  weights: {
    name: "weights",
    hint: "the language model's weights, 93 MB to fetch the first time",
    shared: true,
    work: (exec) => exec(process.execPath, ["ritual/fetchWeights.mjs"]),
  },
};

/** True if what is installed is what the lockfile says. Packages of other platforms may be absent; content decides, not times. */
function packagesInstalled() {
  const wanted = read(join(root, "package-lock.json"));
  const present = read(join(root, "node_modules", ".package-lock.json"));
  return Object.entries(wanted).every(([place, { version, optional, link }]) => {
    if (!place.startsWith("node_modules/") && !place.includes("/node_modules/")) return true;
    const installed = present[place];
    if (installed === undefined) return optional === true;
    return link === true || installed.version === version;
  });
}

function read(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).packages : {};
}

function sqliteLoads() {
  const script = "new (require('better-sqlite3'))(':memory:')";
  return spawnSync(process.execPath, ["-e", script], { cwd: root, stdio: "ignore" }).status === 0;
}

/** Compiling needs Node's headers; most installations have them, and then nothing has to be downloaded for it. */
function nodeHeaders() {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, "include", "node", "node.h")) ? { npm_config_nodedir: prefix } : {};
}
