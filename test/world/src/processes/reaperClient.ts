import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { HeraldError } from "@herald/wire/errors";

/** The process that ends registered groups when this one is gone. */
export interface ReaperClient {
  readonly pid: number;
  /** Registers a process group by its leader; resolves once the reaper would end it. */
  register(pid: number): Promise<void>;
  forget(pid: number): void;
  /** Ends the reaper together with whatever is still registered. */
  close(): Promise<void>;
}

const script = fileURLToPath(new URL("../../reaper/reaper.mjs", import.meta.url));

/**
 * Starts a reaper in a session of its own, out of reach of the terminal's Ctrl-C.
 * @param onLost called if the reaper ends before `close`: from then on a killed parent leaves its children behind
 */
export async function startReaper(graceMs: number, onLost: () => void): Promise<ReaperClient> {
  const child = spawn(process.execPath, ["--max-old-space-size=32", script, String(graceMs)], {
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
    cwd: "/",
    env: { PATH: process.env.PATH },
  });
  await once(child, "spawn"); // rejects with the reason where Node cannot be started
  const { pid, stdin, stdout } = child;
  if (pid === undefined) throw lost();
  const waiting = new Map<number, { resolve(): void; reject(error: Error): void }>();
  let closed = false;
  createInterface({ input: stdout }).on("line", (line) => {
    const registered = Number(line.slice("ok ".length));
    waiting.get(registered)?.resolve();
    waiting.delete(registered);
  });
  stdin.on("error", () => undefined); // its exit, below, says it all
  const exited = once(child, "exit").then(() => {
    for (const { reject } of waiting.values()) reject(lost());
    if (!closed) onLost();
  });
  return {
    pid,
    register: (group) =>
      new Promise((resolve, reject) => {
        if (child.exitCode !== null || child.signalCode !== null) return reject(lost());
        waiting.set(group, { resolve, reject });
        stdin.write(`+ ${group}\n`);
      }),
    forget: (group) => void stdin.write(`- ${group}\n`),
    close: () => {
      closed = true;
      stdin.end();
      return exited;
    },
  };
}

function lost(): HeraldError {
  return new HeraldError({
    code: "SETUP_REAPER_LOST",
    message: "The process that ends the others when this one dies is not running.",
    fix: "Start again; nothing was left running.",
    actor: "user",
    retry: "now",
  });
}
