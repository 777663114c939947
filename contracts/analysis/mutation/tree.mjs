// A copy of the contracts in which mutants are tested, so that a run that is cut off leaves none behind in the checkout.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { forgeProgram } from "../../forge.mjs";

const copied = ["src", "test", "examples", "vectors", "snapshots", "foundry.toml", "solc", "package.json"];
/** Against a mutant that allocates without end. Of data, not of address space, of which npm's compiler reserves more than it will ever use. */
const MEMORY_KIB = 6 * 1024 * 1024;

const environment = {
  ...process.env,
  // Gas is no behaviour here: every mutant would fail by it.
  FORGE_SNAPSHOT_CHECK: "false",
  FORGE_SNAPSHOT_EMIT: "false",
  FOUNDRY_FUZZ_SEED: "0x1",
  FOUNDRY_FUZZ_RUNS: "32",
  FOUNDRY_INVARIANT_RUNS: "4",
  FOUNDRY_INVARIANT_DEPTH: "32",
  // One failing sequence is enough, however long.
  FOUNDRY_INVARIANT_SHRINK_RUN_LIMIT: "0",
};

/** Makes or refreshes the copy in `folder`; what forge has compiled in it stays. */
export function makeTree(folder, root) {
  const contracts = join(folder, "contracts");
  mkdirSync(contracts, { recursive: true });
  for (const name of copied) {
    rmSync(join(contracts, name), { recursive: true, force: true });
    cpSync(join(root, "contracts", name), join(contracts, name), { recursive: true, preserveTimestamps: true });
  }
  if (!existsSync(join(folder, "node_modules"))) symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));

  const artifact = (name) => join(contracts, "out", `${name}.sol`, `${name}.json`);
  return {
    folder,
    read: (path) => readFileSync(join(folder, path), "utf8"),
    write: (path, content) => writeFileSync(join(folder, path), content),

    /**
     * Compiles the tests and what they need.
     * @returns what does not compile; nothing if all does
     */
    build({ only } = {}) {
      const args = ["test", "--list", ...(only ? ["--match-path", only] : [])];
      const { status, stdout, stderr } = spawnSync(forgeProgram(), args, {
        cwd: contracts,
        encoding: "utf8",
        env: environment,
        maxBuffer: 256 * 1024 * 1024,
      });
      return status === 0 ? undefined : `${stdout}${stderr}`;
    },

    /** Has the tests deploy this bytecode, which is not what forge made of the source. */
    deploy(name, { created, deployed }) {
      const parsed = JSON.parse(readFileSync(artifact(name), "utf8"));
      parsed.bytecode.object = `0x${created}`;
      parsed.deployedBytecode.object = `0x${deployed}`;
      writeFileSync(artifact(name), JSON.stringify(parsed));
    },

    /**
     * Runs tests that `build` has compiled; those that failed, and whether they ended at all within the time.
     * @param {{ leaveOut: string[], only?: string, limitMs: number, untilFirst: boolean }} options
     */
    test({ leaveOut, only, limitMs, untilFirst }) {
      for (const kept of ["fuzz", "invariant"])
        rmSync(join(contracts, "cache", kept), { recursive: true, force: true });
      const args = ["test", "--threads", "1"];
      if (untilFirst) args.push("--fail-fast");
      if (leaveOut.length > 0) args.push("--no-match-test", `^(${leaveOut.join("|")})\\(`);
      if (only) args.push("--match-path", only);
      return run(args, contracts, limitMs);
    },
  };
}

function run(args, cwd, limitMs) {
  return new Promise((resolve, reject) => {
    const capped = `ulimit -d ${MEMORY_KIB}; exec "$0" "$@"`;
    const child = spawn("bash", ["-c", capped, forgeProgram(), ...args], {
      cwd,
      env: environment,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let timedOut = false;
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    const timer = setTimeout(() => {
      timedOut = true;
      process.kill(-child.pid, "SIGKILL");
    }, limitMs);
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      // An invariant's name comes on a line of its own, below the calls that break it.
      const failed = [...output.matchAll(/^(?:\[FAIL.*?\]| ) ?(\w+)\(.*?\) \((?:gas|runs)/gm)].map(([, name]) => name);
      // No test has failed, and yet forge has: that says nothing of a mutant.
      if (code !== 0 && !timedOut && failed.length === 0)
        return reject(new Error(`forge failed:\n${output.slice(-2_000)}`));
      resolve({ passed: code === 0, timedOut, failed: [...new Set(failed)], output });
    });
  });
}
