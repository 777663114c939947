import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { HeraldError, isHeraldError } from "@herald/wire/errors";
import { startTimeOf } from "../../reaper/startTime.mjs";

/** Names a world makes in its folder; whatever else lies there is not touched. */
const owned = [
  "keys",
  "logs",
  "tmp",
  "celestia",
  "validators",
  "deployment",
  "temporal.sqlite",
  "temporal.sqlite-wal",
  "temporal.sqlite-shm",
  "relayer.sqlite",
  "relayer.sqlite-wal",
  "relayer.sqlite-shm",
  "relayer.sqlite.lock",
  "relayer.json",
  "relayer.port",
  "worker-1.json",
  "worker-2.json",
  "validator-1.json",
  "validator-2.json",
  "client.json",
  "world.json",
];
const lockName = "world.lock";

/** A folder that belongs to this process. */
export interface OpenFolder {
  readonly path: string;
  /** Gives the folder back; its files stay. */
  close(): void;
}

/**
 * Takes a folder for a new world, creating it where needed. Chains and Celestia live in memory, so nothing of an earlier world can be
 * continued: its files are removed.
 * @throws HeraldError SETUP_FOLDER_UNUSABLE, SETUP_FOLDER_IN_USE if a world runs there, SETUP_FOLDER_FOREIGN if it holds files that no world made
 */
export function openFolder(folder: string): OpenFolder {
  makeFolder(resolve(folder));
  const path = realpathSync(folder);
  const names = readdirSync(path);
  const lock = join(path, lockName);
  if (names.length > 0 && !names.includes(lockName)) throw foreign(path, names);
  const mine = `${process.pid} ${startTimeOf(process.pid)}`;
  takeLock(path, lock, mine);
  for (const name of owned) rmSync(join(path, name), { recursive: true, force: true });
  // Two worlds may have found the same dead owner; then the last to write has it.
  if (readFileSync(lock, "utf8") !== mine) throw inUse(path, "just started");
  // The lock file stays as the mark of a folder that may be cleared; empty, it belongs to nobody.
  return { path, close: () => writeFileSync(lock, "") };
}

/** One folder at a time: Node's recursive mkdir never returns where a file system such as /proc takes no folders. */
function makeFolder(folder: string): void {
  try {
    const found = statSync(folder, { throwIfNoEntry: false });
    if (found?.isDirectory()) {
      accessSync(folder, constants.W_OK);
      return;
    }
    if (found !== undefined) throw unusable(folder, "it is not a folder");
    if (dirname(folder) !== folder) makeFolder(dirname(folder));
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (isHeraldError(error)) throw error;
    throw unusable(folder, error instanceof Error ? error.message : String(error));
  }
}

function takeLock(folder: string, lock: string, mine: string): void {
  try {
    const [pid, started] = readFileSync(lock, "utf8").split(" ");
    if (pid && startTimeOf(Number(pid)) === started) throw inUse(folder, pid);
    rmSync(lock); // the mark of a world that ended
  } catch (error) {
    if (isHeraldError(error)) throw error; // otherwise there is no lock
  }
  try {
    writeFileSync(lock, mine, { flag: "wx" });
  } catch {
    throw inUse(folder, "just started");
  }
}

function inUse(folder: string, pid: string): HeraldError {
  return new HeraldError({
    code: "SETUP_FOLDER_IN_USE",
    message: "Another world runs in this folder.",
    facts: { folder, pid },
    fix: "Choose another folder, or stop the world that runs there.",
    actor: "user",
    retry: "never",
  });
}

function unusable(folder: string, reason: string): HeraldError {
  return new HeraldError({
    code: "SETUP_FOLDER_UNUSABLE",
    message: "The folder for the world's files cannot be made or written to.",
    facts: { folder, reason },
    fix: "Choose a folder this user may write in.",
    actor: "user",
    retry: "never",
  });
}

function foreign(folder: string, names: readonly string[]): HeraldError {
  return new HeraldError({
    code: "SETUP_FOLDER_FOREIGN",
    message: "The folder holds files that no local world made.",
    facts: { folder, files: names.slice(0, 5) },
    fix: "Choose an empty folder or one that does not exist.",
    actor: "user",
    retry: "never",
  });
}
