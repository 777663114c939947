// Ends the processes of a parent that died. Started detached by the parent with a pipe as standard input: the kernel closes that pipe
// however the parent ends, also by kill -9. Plain JavaScript outside src, so that sources and build start the same file.
//
//   in:  "+ <pid>" registers a process group, "- <pid>" forgets it      out: "ok <pid>" once it is registered
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { startTimeOf } from "./startTime.mjs";

const graceMs = Number(process.argv[2] ?? 3_000);
/** Start time of each registered leader: a number that is used again belongs to someone else. */
const started = new Map();

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => undefined);
process.stdout.on("error", () => undefined);

for await (const line of createInterface({ input: process.stdin })) {
  const pid = Number(line.slice(2));
  if (line.startsWith("+ ")) {
    started.set(pid, startTimeOf(pid));
    process.stdout.write(`ok ${pid}\n`);
  } else {
    started.delete(pid);
  }
}

const groups = [...started.keys()].reverse();
for (const pid of groups) signalGroup(pid, "SIGTERM");
for (const until = Date.now() + graceMs; Date.now() < until && groups.some((pid) => signalGroup(pid, 0)); )
  await sleep(50);
for (const pid of groups) signalGroup(pid, "SIGKILL");

/** Signals a group that is still the one registered; false if nothing is left of it. */
function signalGroup(pid, signal) {
  const now = startTimeOf(pid);
  // A dead leader (undefined) leaves a group that can only be ours: its number is not given out while members live.
  if (now !== undefined && now !== started.get(pid)) return false;
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}
