import { setTimeout as delay } from "node:timers/promises";
import { HeraldError } from "@herald/wire/errors";
import type { Hex } from "viem";
import type { ChainObserver } from "../observe/observeChain.js";
import { readView } from "../observe/readView.js";

const REQUEST_TIMEOUT_MS = 180_000;

/** Waits until an observer has seen the request settled. */
export async function settled(observer: ChainObserver, requestId: Hex, apiUrl: () => string) {
  for (const until = Date.now() + REQUEST_TIMEOUT_MS; Date.now() < until; await delay(50)) {
    const found = observer.settlements.find((it) => it.requestId === requestId);
    if (found !== undefined) return found;
  }
  throw benchFailure(requestId, (await readView(apiUrl(), requestId))?.reason ?? "The relayer does not know it.");
}

/** The relayer's own record, once it has noted the delivery too. */
export async function viewAfter(apiUrl: string, requestId: Hex) {
  for (const until = Date.now() + REQUEST_TIMEOUT_MS; Date.now() < until; await delay(100)) {
    const view = await readView(apiUrl, requestId);
    if (view?.phase === "done") return view;
  }
  throw benchFailure(requestId, "The relayer did not note the delivery.");
}

/** The end of a benchmark: what was asked for did not arrive. */
export function benchFailure(requestId: Hex, reason: string): HeraldError {
  return new HeraldError({
    code: "BENCH_REQUEST_FAILED",
    message: "A request of the benchmark was not delivered.",
    facts: { requestId, reason },
    actor: "bug",
    retry: "never",
  });
}
