import type { GatewayEvent } from "@herald/chains/watch/watcherStep";
import { rejectionReasonName } from "@herald/wire/lifecycle";
import type { SettledResult } from "@herald/workflows/effects/settledResult";
import type { RequestRow } from "./schema.js";

/** An event of a request after its opening, as the store keeps it: where it stands, and the rest as JSON (amounts as decimal text). */
export interface KeptEvent {
  readonly tx: string;
  /** Unix milliseconds when it was first seen. */
  readonly seenAt: number;
  readonly event: JsonOf<GatewayEvent>;
}

type JsonOf<T> = T extends unknown
  ? { [K in Exclude<keyof T, "block" | "txHash" | "logIndex">]: T[K] extends bigint ? string : T[K] }
  : never;

/** What the chain has said of a request, as the columns of its row. */
export type Standing = Pick<
  RequestRow,
  | "close_at"
  | "top_up"
  | "settled_as"
  | "settled_tx"
  | "settled_at"
  | "pending_tx"
  | "pending_at"
  | "result"
  | "revealed_tx"
  | "callback"
  | "callback_reason"
  | "rejection"
  | "rejected_tx"
>;

/**
 * Where a request stands after these events, oldest first. Computed anew from all of them each time, so that a reorganisation takes back
 * just what it took away.
 */
export function standingAfter(deadline: number, events: readonly KeptEvent[]): Standing {
  const standing: Standing = {
    close_at: deadline,
    top_up: "0",
    settled_as: null,
    settled_tx: null,
    settled_at: null,
    pending_tx: null,
    pending_at: null,
    result: null,
    revealed_tx: null,
    callback: null,
    callback_reason: null,
    rejection: null,
    rejected_tx: null,
  };
  for (const kept of events) Object.assign(standing, changeBy(kept, standing));
  return standing;
}

function changeBy({ event, tx, seenAt }: KeptEvent, standing: Standing): Partial<Standing> {
  const settled = { settled_tx: tx, settled_at: seenAt, pending_tx: null, pending_at: null };
  const uncalled = { callback: null, callback_reason: null };
  switch (event.type) {
    case "RequestToppedUp":
      return { top_up: event.topUp };
    case "RequestCancelled":
      return { close_at: event.closeAt };
    case "ResultDelivered": {
      const { status, outputHash, evidenceHash, relayer, payees, output } = event;
      const topUp = standing.top_up;
      const result = resultText({ status, outputHash, evidenceHash, relayer, topUp, payees, output });
      if (!event.isFinal) return { pending_tx: tx, pending_at: seenAt, result };
      return { ...settled, settled_as: status === 1 ? "delivered" : "declined", result };
    }
    case "ResultFinalized":
      return { ...settled, ...uncalled, settled_as: "delivered" };
    case "ResultOverturned":
      // The gateway keeps the fallen result with the status that the consumer is told.
      return { ...settled, ...uncalled, settled_as: "declined", result: changed(standing.result, { status: 4 }) };
    case "OutputRevealed":
      // While the result is pending this is a preview: once final it is awaited again.
      return {
        ...(standing.pending_tx === null && { revealed_tx: tx }),
        result: changed(standing.result, { output: event.output }),
      };
    case "RequestExpired":
      return { ...settled, settled_as: "expired" };
    case "ResultRejected":
      return { rejection: rejectionReasonName(event.reason), rejected_tx: tx };
    case "CallbackSucceeded":
      return { callback: "succeeded", callback_reason: null };
    case "CallbackFailed":
      return { callback: "failed", callback_reason: event.reason };
    case "RequestOpened":
    case "MessageIgnored":
      return {};
  }
}

function resultText(result: SettledResult): string {
  return JSON.stringify(result);
}

/** Reads the column `result`. */
export function readResult(text: string | null): SettledResult | null {
  // CAST: written by `resultText`.
  return text === null ? null : (JSON.parse(text) as SettledResult);
}

function changed(text: string | null, change: Partial<SettledResult>): string | null {
  const result = readResult(text);
  return result === null ? null : resultText({ ...result, ...change });
}
