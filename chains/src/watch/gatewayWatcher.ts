import { setTimeout as delay } from "node:timers/promises";
import { type ErrorActor, formatError, isHeraldError } from "@herald/wire/errors";
import type { Log } from "@herald/wire/log";
import type { GatewayRef } from "@herald/wire/typedData";
import type { PublicClient } from "viem";
import type { Finality } from "./finality.js";
import { GatewayReader, type Look } from "./gatewayReader.js";
import { listenForHeads } from "./headHints.js";
import { LookPause } from "./lookPause.js";
import type { BlockRef, RequestsHeld, WatcherStep } from "./watcherStep.js";

/** Whether a chain is being read, and if not, why and what happens next. */
export interface WatcherState {
  readonly chain: string;
  readonly state: "live" | "catching-up" | "stopped";
  /** A sentence; never empty. */
  readonly reason: string;
  /** Code of the error that stopped it. */
  readonly code: string | null;
  readonly actor: ErrorActor | "nobody";
  /** Unix milliseconds. */
  readonly since: number;
  readonly nextAttemptAt: number | null;
}

export interface WatchParameters {
  readonly chain: string;
  readonly ref: GatewayRef;
  /** A quorum client, see `createQuorumClient`: the watcher believes what it says. */
  readonly client: PublicClient;
  /** The gateway's first block; not after its first request, which would show as a gap. */
  readonly startBlock: bigint;
  readonly finality: Finality;
  readonly pollMs: number;
  /** URL of a websocket whose block headers make the watcher look at once; it is not believed, and may be missing or lie. */
  readonly webSocket?: string | undefined;
  /** Blocks committed last, newest first, without gaps; the first is the cursor. */
  readonly recentBlocks: (chain: string) => Promise<readonly BlockRef[]>;
  /** What the store holds of the requests themselves. */
  readonly held: RequestsHeld;
  /** Takes a step in one transaction: cursor, blocks and events together. */
  readonly commit: (step: WatcherStep) => Promise<void>;
  readonly onState?: (state: WatcherState) => void;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Longest pause between two attempts while the lane stands still. */
const MAX_BACKOFF_MS = 5_000;
/** Providers this many blocks behind what they showed before are reported. */
const TOLERATED_LAG = 16n;

/**
 * Follows a gateway until `signal`. Every failure, of the providers, of the store, or an event that cannot be true, stops the lane with a
 * reason, commits nothing, and is tried again: the lane resumes by itself. After a failure, and after a kill at any moment, it goes on from
 * what the store holds.
 */
export async function watchGateway(parameters: WatchParameters): Promise<void> {
  const { chain, pollMs, recentBlocks, commit, signal } = parameters;
  const log = parameters.log.child({ part: "watcher", chain });
  const reader = new GatewayReader({ ...parameters, log });
  const report = reporter(chain, log, parameters.onState);
  const pause = new LookPause();
  const { webSocket: url } = parameters;
  const listening = url === undefined ? undefined : listenForHeads({ url, onHead: pause.hint, log, signal });
  let known: readonly BlockRef[] | undefined;
  for (let failures = 0; !signal.aborted; ) {
    try {
      known ??= await recentBlocks(chain);
      const look = await untilAborted(reader.look(known), signal);
      if (look.kind === "step") {
        await commit(look.step);
        known = look.known;
      }
      failures = 0;
      report(describe(look));
      if (look.kind === "step" && look.step.cursor.number < look.step.head.number) continue;
      await pause.wait(pollMs, look.kind === "step", signal);
    } catch (error) {
      if (signal.aborted) break;
      // The store may or may not have taken the step: it alone knows where we are.
      known = undefined;
      failures += 1;
      const backoff = Math.min(MAX_BACKOFF_MS, pollMs * 2 ** Math.min(failures - 1, 10));
      report(describeFailure(error, Date.now() + backoff), error);
      await delay(backoff, undefined, { signal }).catch(() => undefined);
    }
  }
  await listening;
}

type Report = Omit<WatcherState, "chain" | "since">;

const LIVE = { state: "live", code: null, actor: "nobody", nextAttemptAt: null } as const;

function describe(look: Look): Report {
  if (look.kind === "step") {
    const behind = look.step.head.number - look.step.cursor.number;
    if (behind > 0n) return { ...LIVE, state: "catching-up", reason: `${behind} blocks are still to be read.` };
  } else if (look.missing > TOLERATED_LAG) {
    const reason = `The providers show a block ${look.missing} blocks before the one waited for.`;
    return { ...LIVE, state: "stopped", reason, code: "WATCH_PROVIDERS_BEHIND", actor: "upstream" };
  }
  return { ...LIVE, reason: "Every block up to the head has been read." };
}

function describeFailure(error: unknown, nextAttemptAt: number): Report {
  const known = isHeraldError(error) ? error : undefined;
  const reason = known?.message ?? (error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  return { state: "stopped", reason, code: known?.code ?? null, actor: known?.actor ?? "upstream", nextAttemptAt };
}

/** Passes changes of state on, each once, and logs when a lane stops and resumes. */
function reporter(chain: string, log: Log, onState: WatchParameters["onState"]) {
  let last: WatcherState | undefined;
  return (report: Report, error?: unknown): void => {
    const same = last?.state === report.state && last.code === report.code;
    if (same && last?.reason === report.reason && report.nextAttemptAt === null) return;
    if (!same) logChange(log, last, report, error);
    last = { chain, ...report, since: same && last !== undefined ? last.since : Date.now() };
    onState?.(last);
  };
}

function logChange(log: Log, last: WatcherState | undefined, next: Report, error: unknown): void {
  if (next.state === "stopped") {
    const fields = {
      code: next.code,
      reason: next.reason,
      error: error === undefined ? undefined : formatError(error),
    };
    if (next.actor === "operator") log.error("The chain is not being read.", fields);
    else log.warn("The chain is not being read.", fields);
  } else if (last?.state === "stopped") {
    log.info("The chain is being read again.", { stoppedMs: Date.now() - last.since });
  }
}

/** Reads may be left behind when the service stops; a commit never is. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (abort !== undefined) signal.removeEventListener("abort", abort);
  }
}
