import { setTimeout as delay } from "node:timers/promises";
import { formatError } from "@herald/wire/errors";
import type { Log } from "@herald/wire/log";
import type { Health } from "./health.js";
import { problemOf } from "./problemOf.js";

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;
/** A part that ran this long is well. */
const WELL_MS = 2_000;
/** A part that ran this long before it failed starts over with the shortest delay. */
const STEADY_MS = 60_000;

/** Runs a part of the relayer until `signal`, again after a failure, its problem shown meanwhile. Never rejects. */
export async function supervise(parameters: {
  readonly part: string;
  readonly run: () => Promise<void>;
  /** The part says itself when it is well; that it runs does not mean it. */
  readonly reportsItself?: boolean;
  readonly health: Health;
  readonly log: Log;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { part, run, reportsItself = false, health, log, signal } = parameters;
  for (let failures = 0; !signal.aborted; ) {
    const startedAt = Date.now();
    const well = setTimeout(() => {
      if (!reportsItself) health.set(part, null);
    }, WELL_MS);
    try {
      await run();
      if (signal.aborted) return;
      throw new Error("it ended by itself");
    } catch (error) {
      if (signal.aborted) return;
      failures = Date.now() - startedAt > STEADY_MS ? 1 : failures + 1;
      const wait = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(failures - 1, 6));
      health.set(part, problemOf(error, Date.now() + wait));
      log.warn("A part of the relayer failed and is started again.", { part, wait, error: formatError(error) });
      clearTimeout(well);
      await delay(wait, undefined, { signal }).catch(() => undefined);
    } finally {
      clearTimeout(well);
    }
  }
}
