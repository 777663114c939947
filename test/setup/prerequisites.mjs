// What must be on the machine before anything can be installed or built, asked for at once.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { modelFolder } from "./places.mjs";

const leastNode = [20, 19, 0];
const leastGo = [1, 26, 2];
/** Server in the `temporal` command: 1.29 is what Herald is tested with. */
const leastTemporalServer = [1, 29, 0];

/**
 * Everything that is missing, each with what was found instead. Go and Python only count where something is to be built with them.
 * @param {{ needsGo: boolean }} what
 * @returns {string[]}
 */
export function missingPrerequisites({ needsGo }) {
  const missing = [];
  if (!atLeast(process.versions.node, leastNode))
    missing.push(`Node 20.19 or later (this is ${process.versions.node})`);
  if (needsGo) {
    const go = output("go", ["env", "GOVERSION"]);
    if (go === undefined) missing.push("Go 1.26.2 or later (`go` is not on PATH)");
    else if (!atLeast(go, leastGo)) missing.push(`Go 1.26.2 or later (\`go\` is ${go.trim()})`);
  }
  if (!hasWeights()) {
    if (output("python3", ["--version"]) === undefined) missing.push("Python 3 with pip (`python3` is not on PATH)");
    else if (output("python3", ["-m", "pip", "--version"]) === undefined) missing.push("pip (`python3 -m pip` fails)");
  }
  for (const name of ["HERALD_TEMPORAL", "HERALD_CELESTIA_DEVNET"]) {
    const path = process.env[name];
    if (path !== undefined && !existsSync(path))
      missing.push(`the program that ${name} names (${path} does not exist)`);
  }
  return missing;
}

/** Path of a `temporal` command on PATH that can be used instead of a build; undefined if there is none. */
export function temporalOnPath() {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const path = folders.map((folder) => join(folder, "temporal")).find((it) => existsSync(it));
  const server = path && output(path, ["--version"])?.match(/Server (\d+\.\d+\.\d+)/)?.[1];
  return server !== undefined && atLeast(server, leastTemporalServer) ? path : undefined;
}

/** True if model files are in the cache; whether they are the right ones, the fetching program checks. */
function hasWeights() {
  return existsSync(modelFolder) && readdirSync(modelFolder).some((name) => name.endsWith(".gguf"));
}

function output(command, args) {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8", timeout: 20_000 });
  return status === 0 ? stdout : undefined;
}

function atLeast(version, least) {
  const parts = version.match(/\d+/g)?.map(Number) ?? [];
  for (const [i, wanted] of least.entries()) {
    if ((parts[i] ?? 0) !== wanted) return (parts[i] ?? 0) > wanted;
  }
  return true;
}
