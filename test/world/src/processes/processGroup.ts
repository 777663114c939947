import { mkdirSync } from "node:fs";
import type { Log } from "@herald/wire/log";
import { type Child, type ChildExit, startChild } from "./child.js";
import { type ReaperClient, startReaper } from "./reaperClient.js";

export type { Child, ChildExit } from "./child.js";

/** Children that end with this process, however it ends. */
export interface ProcessGroup {
  /**
   * Starts a program in a session of its own, its output appended to `<folder>/logs/<name>.log`.
   * @param env added to this process's environment
   */
  spawn(name: string, command: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Child>;
  /** Ends all children, the last started first, and waits until they are gone. */
  stopAll(): Promise<void>;
  /** Calls back when a child ends that nobody asked to end; the result takes the listener away. */
  onExit(listener: (exit: ChildExit) => void): () => void;
  readonly children: readonly Child[];
}

export interface ProcessGroupOptions {
  /** Logs go to its `logs` folder. */
  readonly folder: string;
  readonly log: Log;
  /** Milliseconds a child may take to stop before it is killed; 5,000 unless told otherwise. */
  readonly graceMs?: number;
}

/** Opens an empty group. Its reaper starts with the first child and ends with `stopAll`. */
export function createProcessGroup({ folder, log, graceMs = 5_000 }: ProcessGroupOptions): ProcessGroup {
  const logs = `${folder}/logs`;
  // What a killed program leaves in its temporary folder stays within the folder this way.
  const temporary = `${folder}/tmp`;
  const children: Child[] = [];
  const listeners = new Set<(exit: ChildExit) => void>();
  let reaper: Promise<ReaperClient> | undefined;
  let stopping: Promise<void> | undefined;

  const openReaper = () => {
    reaper ??= startReaper(graceMs, () =>
      log.error("the reaper ended; a killed parent now leaves its children behind"),
    );
    return reaper;
  };

  async function spawnChild(name: string, command: string, args: readonly string[], env = {}): Promise<Child> {
    mkdirSync(logs, { recursive: true });
    mkdirSync(temporary, { recursive: true });
    const guard = await openReaper();
    const logFile = `${logs}/${name}.log`;
    const child = await startChild({
      name,
      command,
      args,
      env: { TMPDIR: temporary, ...env },
      logFile,
      graceMs,
      guard,
    });
    children.push(child);
    log.debug("a process started", { name, pid: child.pid });
    void child.exited.then((exit) => {
      children.splice(children.indexOf(child), 1);
      if (exit.expected) return;
      const { code, signal, logFile, tail } = exit;
      log.error("a process ended by itself", { name, code, signal, logFile, tail });
      for (const listener of listeners) listener(exit);
    });
    if (stopping) await child.stop(); // started while the group was being stopped
    return child;
  }

  async function stopAll(): Promise<void> {
    for (let last = children.at(-1); last; last = children.at(-1)) await last.stop();
    const guard = await reaper?.catch(() => undefined);
    reaper = undefined;
    await guard?.close();
  }

  return {
    spawn: spawnChild,
    stopAll: () => {
      stopping ??= stopAll().finally(() => {
        stopping = undefined;
      });
      return stopping;
    },
    onExit: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    children,
  };
}
