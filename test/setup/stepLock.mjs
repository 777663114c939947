// Two setups at once take turns at each step: both would otherwise do the work, and two `npm ci` in one checkout destroy it.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startTimeOf } from "../world/reaper/startTime.mjs";
import { cache } from "./places.mjs";

/**
 * Runs `work` while no other process runs work of the same name.
 * @param {string} name
 * @param {() => Promise<void>} work
 * @param {(pid: number) => void} onWait called once if another process has the lock
 */
export async function withStepLock(name, work, onWait) {
  mkdirSync(join(cache, "locks"), { recursive: true });
  const file = join(cache, "locks", `${name}.lock`);
  const mine = `${process.pid} ${startTimeOf(process.pid)}`;
  for (let waited = false; !take(file, mine); waited = true) {
    if (!waited) onWait(Number(holder(file)?.split(" ")[0]));
    await sleep(250);
  }
  try {
    await work();
  } finally {
    if (holder(file) === mine) rmSync(file, { force: true });
  }
}

function take(file, mine) {
  try {
    writeFileSync(file, mine, { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  const held = holder(file);
  const [pid, started] = held?.split(" ") ?? [];
  // An empty file is one whose owner is just writing its name.
  if (pid && startTimeOf(Number(pid)) !== started && holder(file) === held) rmSync(file, { force: true });
  return false;
}

function holder(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
