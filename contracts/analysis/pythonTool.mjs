// Installs a tool from PyPI into Herald's cache, once per list of versions and Python. With `pip --target`, not a virtual environment: pip is
// asked for by test/setup already, and Debian's Python has no `venv` of its own.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

const leastPython = [3, 10];

/**
 * Folder of the tool's packages, and the environment in which `python3` finds them. Throws with what to do about it where Python or pip is
 * missing or the packages cannot be had.
 * @param {string} name what the folder is called
 * @param {string} requirements file with every package's exact version; nothing else is installed
 */
export function ensurePythonTool(name, requirements) {
  const version = run(["-c", "import sys; print('.'.join(map(str, sys.version_info[:3])), sys.platform)"]);
  if (version === undefined)
    throw new Error(`${name} needs Python 3.10 or later with pip: \`python3\` is not on PATH.`);
  const [major, minor] = version.split(".").map(Number);
  if (major !== leastPython[0] || minor < leastPython[1])
    throw new Error(`${name} needs Python 3.10 or later with pip: \`python3\` is ${version.trim()}.`);

  const hash = createHash("sha256").update(`${process.arch} ${version}`).update(readFileSync(requirements));
  const folder = join(cacheFolder(), "python", `${name}-${hash.digest("hex").slice(0, 16)}`);
  if (!existsSync(folder)) install(name, requirements, folder);
  // Without the user's own packages (-s does the same), which would otherwise stand in for these.
  return { folder, env: { ...process.env, PYTHONPATH: folder, PYTHONNOUSERSITE: "1" } };
}

function install(name, requirements, folder) {
  process.stderr.write(`installing ${name} from PyPI, a minute the first time\n`);
  mkdirSync(dirname(folder), { recursive: true });
  // On the same file system as its place, so that nobody ever sees half of it.
  const partial = mkdtempSync(join(dirname(folder), `.${name}-`));
  try {
    const flags = ["--quiet", "--no-deps", "--disable-pip-version-check", "--no-warn-script-location"];
    const { status, stderr, error } = spawnSync(
      "python3",
      ["-m", "pip", "install", ...flags, "--target", join(partial, "packages"), "--requirement", requirements],
      { encoding: "utf8", env: { ...process.env, PIP_ROOT_USER_ACTION: "ignore" } },
    );
    if (status !== 0) throw new Error(`${name} could not be installed with pip:\n${error?.message ?? stderr.trim()}`);
    renameSync(join(partial, "packages"), folder);
  } catch (error) {
    if (!existsSync(folder)) throw error; // else another process has installed it meanwhile
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

function cacheFolder() {
  return process.env.HERALD_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "herald");
}

function run(args) {
  const { status, stdout } = spawnSync("python3", args, { encoding: "utf8", timeout: 20_000 });
  return status === 0 ? stdout : undefined;
}
