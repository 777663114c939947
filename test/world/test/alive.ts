import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** True while a process runs; one that is dead but not yet waited for does not count. */
export function isAlive(pid: number): boolean {
  try {
    const state = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop()?.[0];
    return state !== "Z" && state !== "X";
  } catch {
    return false;
  }
}

/** Pids of all living processes with the text in their command line or environment, this one excepted. */
export function processesWith(text: string): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid && isAlive(pid) && describe(pid).includes(text));
}

function describe(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8") + readFileSync(`/proc/${pid}/environ`, "utf8");
  } catch {
    return "";
  }
}

/** The process that started it; undefined if it is gone, which others' processes may be at any moment. */
export function parentOf(pid: number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop()?.split(" ")[1]);
  } catch {
    return undefined;
  }
}

/**
 * Waits until the condition holds, far longer than it takes on a busy machine but not as long as a test may last; then the assertion that
 * follows tells what is wrong.
 */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 45_000; !(await condition()) && Date.now() < end; ) await sleep(20);
}

/** Waits until no living process has the text; the pids of those that stay. */
export async function orphansWith(text: string): Promise<number[]> {
  let found: number[] = [];
  await until(() => {
    found = processesWith(text);
    return found.length === 0;
  });
  return found;
}
