import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { logTail } from "./logTail.js";
import type { ReaperClient } from "./reaperClient.js";

/** How a child ended. */
export interface ChildExit {
  readonly name: string;
  readonly pid: number;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly logFile: string;
  /** The last lines of its log. */
  readonly tail: string;
  /** True if `stop` or `kill` was called before. */
  readonly expected: boolean;
}

/** A running program, leader of its own process group. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  readonly exited: Promise<ChildExit>;
  /** SIGTERM to the whole group, SIGKILL once the grace is over. */
  stop(): Promise<ChildExit>;
  /** The signal to the whole group, SIGKILL unless told otherwise; resolves when the leader is gone. */
  kill(signal?: NodeJS.Signals): Promise<ChildExit>;
}

interface ChildOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly graceMs: number;
  readonly guard: ReaperClient;
}

// The program may run only once the reaper knows its process, or a parent killed between the two leaves an orphan. So a shell waits at
// its standard input, which the same kill closes, and becomes the program (same pid) on the word "go".
const gate = 'read -r word && [ "$word" = go ] && exec "$@" </dev/null';

/** Starts a program behind the gate, registers it, lets it run. */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { name, command, args, env, logFile, graceMs, guard } = options;
  const output = openSync(logFile, "a", 0o600);
  const child = spawn("/bin/sh", ["-c", gate, name, command, ...args], {
    detached: true,
    stdio: ["pipe", output, output],
    env: { ...process.env, ...env },
  });
  closeSync(output);
  const ended = once(child, "exit"); // rejects if the shell itself cannot be started
  await Promise.race([once(child, "spawn"), ended]);
  const { pid, stdin } = child;
  if (pid === undefined || stdin === null) throw new Error("unreachable: spawned without a process");
  let expected = false;
  stdin.on("error", () => undefined); // it died at the gate: `exited` tells

  const signalGroup = (signal: NodeJS.Signals) => {
    try {
      process.kill(-pid, signal);
    } catch {
      // Nothing of the group is left.
    }
  };
  const exited = ended.then(([code, signal]): ChildExit => {
    signalGroup("SIGKILL"); // what the leader leaves behind ends with it
    guard.forget(pid);
    return { name, pid, code, signal, logFile, tail: logTail(logFile), expected };
  });
  const kill = (signal: NodeJS.Signals = "SIGKILL") => {
    expected = true;
    signalGroup(signal);
    return exited;
  };
  const stop = () => {
    const timer = setTimeout(() => signalGroup("SIGKILL"), graceMs);
    return kill("SIGTERM").finally(() => clearTimeout(timer));
  };

  try {
    await guard.register(pid);
  } catch (error) {
    await kill();
    throw error;
  }
  stdin.end("go\n");
  return { name, pid, logFile, exited, stop, kill };
}
