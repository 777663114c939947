import { setTimeout as sleep } from "node:timers/promises";
import { HeraldError } from "@herald/wire/errors";
import { orAborted } from "../orAborted.js";
import { logTail } from "../processes/logTail.js";
import type { Child } from "../processes/processGroup.js";

/** Milliseconds a program may take to answer: far above what was measured (0.1 to 3 s), for machines that are busy. */
const limitMs = 60_000;

/**
 * Waits until a program answers. Its death is noticed elsewhere, and reaches here by `signal`.
 * @param probe true once it does; what it throws counts as "not yet"
 * @throws HeraldError SETUP_NOT_READY, with the end of its log; the signal's reason
 */
export async function awaitReady(
  child: Child,
  what: string,
  signal: AbortSignal,
  probe: () => Promise<boolean>,
): Promise<void> {
  for (const until = Date.now() + limitMs; Date.now() < until; await sleep(25, undefined, { signal })) {
    signal.throwIfAborted();
    if (
      await orAborted(
        probe().catch(() => false),
        signal,
      )
    )
      return;
  }
  throw new HeraldError({
    code: "SETUP_NOT_READY",
    message: "A part of the local world did not answer in time.",
    facts: { part: what, waitedMs: limitMs, log: child.logFile, lastLines: logTail(child.logFile) },
    fix: "Look into the log; end programs that keep the machine busy, then start again.",
    actor: "user",
    retry: "now",
  });
}
