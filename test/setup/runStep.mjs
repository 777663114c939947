// Runs the programs of a step: output into a log, progress while it runs, the log's end where it fails.
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cache, checkoutId, root } from "./places.mjs";
import { withStepLock } from "./stepLock.mjs";

const stillEveryMs = 15_000;
/** Process groups of the programs that run now; Ctrl-C ends them. */
const running = new Set();
/** Set once they are being ended. */
let stopping;

/**
 * Ends every program of every step, first politely, and whatever is left after a moment for good. Resolves when they are gone and their
 * steps have cleaned up. No step starts another program from here on: it would outlive this process, which is about to end.
 */
export function stopSteps() {
  stopping ??= endPrograms();
  return stopping;
}

async function endPrograms() {
  const groups = [...running];
  const left = () => groups.filter((pid) => running.has(pid) || signalGroup(pid, 0));
  for (const [signal, limitMs] of [
    ["SIGTERM", 3_000],
    ["SIGKILL", 3_000],
  ]) {
    for (const pid of left()) signalGroup(pid, signal);
    for (const until = Date.now() + limitMs; Date.now() < until && left().length > 0; ) await sleep(20);
  }
}

/**
 * @typedef {object} Step
 * @property {string} name also the name of its log
 * @property {string} hint what it does, for the first line
 * @property {boolean} shared true if its result lies in the cache, which other checkouts use too
 * @property {() => boolean} [needed] false if its result is there; a step without it finds out itself, quickly
 * @property {(exec: (command: string, args: string[], options?: object) => Promise<void>) => Promise<void>} work
 */

/**
 * Runs a step unless its result is there.
 * @param {Step} step
 * @param {(event: { step: string, state: string, elapsedMs: number, detail?: string }) => void} report
 */
export async function runStep(step, report) {
  const { name, hint, shared, needed = () => true, work } = step;
  if (!needed()) return;
  const began = Date.now();
  const tell = (state, detail) => report({ step: name, state, elapsedMs: Date.now() - began, detail });
  const lock = shared ? name : `${name}-${checkoutId}`;
  await withStepLock(
    lock,
    async () => {
      if (!needed()) return; // another setup made it meanwhile
      tell("started", hint);
      const still = setInterval(() => tell("working"), stillEveryMs);
      try {
        await work((command, args, options) => execute(name, command, args, options));
      } finally {
        clearInterval(still);
      }
      tell("done");
    },
    (pid) => tell("waiting", `another setup (process ${pid}) is at it`),
  );
}

async function execute(name, command, args, { cwd = root, env = {} } = {}) {
  if (stopping) throw new Error(`${name} was not started: the setup is being stopped`);
  const log = join(cache, "logs", `${name}.log`);
  mkdirSync(join(cache, "logs"), { recursive: true });
  const output = openSync(log, "w");
  await new Promise((resolve, reject) => {
    // A group of its own: `npm` and `go` start others, which a signal to them alone would leave behind.
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      detached: true,
      stdio: ["ignore", output, output],
    });
    closeSync(output);
    if (child.pid !== undefined) running.add(child.pid);
    const fail = (reason) => {
      const tail = readFileSync(log, "utf8").trimEnd().split("\n").slice(-25).join("\n  ");
      reject(
        new Error(`${name} failed: \`${[command, ...args].join(" ")}\` ${reason}.\n  ${tail}\nWhole output: ${log}`),
      );
    };
    child.on("error", (error) => fail(`could not be run: ${error.message}`));
    child.on("close", (code, signal) => {
      running.delete(child.pid);
      if (code === 0) resolve();
      else fail(signal ? `was ended by ${signal}` : `ended with code ${code}`);
    });
  });
}

function signalGroup(pid, signal) {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}
