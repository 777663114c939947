import { rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { HeraldError } from "@herald/wire/errors";
import { readPortFile } from "./portFile.js";

/** What of a child's end is told. */
interface Exit {
  readonly name: string;
  readonly code: number | null;
  readonly signal: string | null;
  readonly logFile: string;
  readonly tail: string;
  readonly expected: boolean;
}

/** The part of a process group that is used here. */
interface Group<ChildExit extends Exit> {
  spawn(
    name: string,
    command: string,
    args: readonly string[],
  ): Promise<{ readonly pid: number; readonly exited: Promise<ChildExit> }>;
}

/** Where the children's configurations are. */
interface Places {
  readonly workers: readonly { readonly name: string; readonly url: string; readonly config: string }[];
  readonly validators: readonly { readonly name: string; readonly config: string }[];
  readonly files: { readonly relayer: string; readonly relayerPort: string };
}

const herald = fileURLToPath(new URL("../../bin/herald.mjs", import.meta.url));
const POLL_MS = 100;
/** Weights may have to be fetched first. */
const READY_TIMEOUT_MS = 10 * 60_000;
const FIRST_RESTART_MS = 200;
const LONGEST_RESTART_MS = 10_000;
/** A relayer that ran this long is restarted without delay. */
const STEADY_MS = 30_000;

export interface DevChildren {
  /** Starts all of them; resolves with the relayer's URL once everything answers. */
  start(): Promise<string>;
  /** Restarts nothing any more; the group's owner ends what runs. */
  release(): void;
}

/** The children of `herald dev`. The relayer is restarted whenever it ends; a worker or validator that ends is only reported. */
export function devChildren<ChildExit extends Exit>(parameters: {
  readonly group: Group<ChildExit>;
  readonly info: Places;
  readonly say: (line: string) => void;
  readonly reportExit: (exit: ChildExit) => void;
  /** The relayer answers, for the first time or again: its URL, and every child's process id by name. */
  readonly onReady: (relayerUrl: string, processes: Readonly<Record<string, number>>) => void;
  readonly signal: AbortSignal;
}): DevChildren {
  const { group, info, say, reportExit, onReady, signal } = parameters;
  const { relayer, relayerPort } = info.files;
  const pids: Record<string, number> = {};
  let ready = false;
  const failure = new AbortController();
  const over = AbortSignal.any([signal, failure.signal]);

  async function spawnOnce(name: string, args: readonly string[]): Promise<void> {
    const child = await group.spawn(name, process.execPath, [herald, ...args]);
    pids[name] = child.pid;
    void child.exited.then(ended);
  }

  function ended(exit: ChildExit): void {
    if (exit.expected || over.aborted) return;
    reportExit(exit);
    if (!ready) failure.abort(startFailed(exit));
  }

  async function keepRelayer(): Promise<void> {
    for (let failures = 0; !over.aborted; ) {
      rmSync(relayerPort, { force: true });
      const startedAt = Date.now();
      const child = await group.spawn("relayer", process.execPath, [herald, "start", "--config", relayer]);
      pids.relayer = child.pid;
      if (ready) void relayerAnswers().then(announce, () => undefined);
      const exit = await child.exited;
      if (over.aborted) return;
      // Killed is not failed: even while the world is starting it is started again.
      if (exit.signal === null) ended(exit);
      else reportExit(exit);
      if (over.aborted) return;
      failures = Date.now() - startedAt > STEADY_MS ? 1 : failures + 1;
      const wait = Math.min(LONGEST_RESTART_MS, FIRST_RESTART_MS * 2 ** (failures - 1));
      say(`The relayer is started again in ${wait / 1000} s.`);
      await delay(wait, undefined, { signal: over }).catch(() => undefined);
    }
  }

  async function until<T>(what: string, find: () => Promise<T | undefined>): Promise<T> {
    for (const give = Date.now() + READY_TIMEOUT_MS; Date.now() < give; ) {
      failure.signal.throwIfAborted();
      signal.throwIfAborted();
      const found = await find().catch(() => undefined);
      if (found !== undefined) return found;
      await delay(POLL_MS);
    }
    throw startLate(what);
  }

  const answers = async (url: string): Promise<true | undefined> =>
    (await fetch(url, { signal: AbortSignal.timeout(5_000) })).ok || undefined;

  const relayerAnswers = (): Promise<string> =>
    until("relayer", async () => {
      const url = readPortFile(relayerPort);
      return url !== undefined && (await answers(`${url}/readyz`)) ? url : undefined;
    });
  const announce = (api: string): void => onReady(api, { ...pids });

  return {
    async start() {
      await Promise.all([
        ...info.workers.map(({ name, config }) => spawnOnce(name, ["worker", "--config", config])),
        ...info.validators.map(({ name, config }) => spawnOnce(name, ["validator", "--config", config])),
      ]);
      // A spawn that fails (no more processes) must end the start, not hang it.
      keepRelayer().catch((error: unknown) => failure.abort(error));
      await Promise.all(info.workers.map(({ name, url }) => until(name, () => answers(`${url}/health`))));
      const api = await relayerAnswers();
      ready = true;
      announce(api);
      return api;
    },
    release: () => failure.abort(),
  };
}

function startFailed(exit: Exit): HeraldError {
  return new HeraldError({
    code: "SETUP_CHILD_FAILED",
    message: "A part of the local world ended while it was starting.",
    facts: { name: exit.name, code: exit.code, signal: exit.signal, log: exit.logFile },
    fix: "Read the end of its log above.",
    actor: "operator",
    retry: "never",
  });
}

function startLate(what: string): HeraldError {
  return new HeraldError({
    code: "SETUP_TOO_SLOW",
    message: "A part of the local world did not come up in time.",
    facts: { part: what, waitedMs: READY_TIMEOUT_MS },
    fix: "Look at its log in the world's logs folder.",
    actor: "operator",
    retry: "never",
  });
}
