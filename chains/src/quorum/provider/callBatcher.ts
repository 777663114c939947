import type { Answer } from "../answer.js";
import type { Exchange, RpcCall } from "./exchange.js";

/** Calls of one batch at most. Nethermind and Besu refuse long ones, and a batch takes as long as all its calls together. */
const MAX_BATCH = 20;
/** How long a provider that refused a batch gets calls one by one. */
const SINGLY_MS = 10 * 60_000;

/** How a provider is reached with one call, and with several at once. */
export interface Wire {
  readonly single: Exchange;
  /** An answer for each call, in order; undefined where the reply held none, which is how batches are refused. */
  readonly batch: (calls: readonly RpcCall[]) => Promise<readonly (Answer | undefined)[]>;
}

interface Waiting {
  readonly call: RpcCall;
  readonly resolve: (answer: Answer) => void;
}

/** A broadcast must not wait for a slow read, nor reads for a range of logs, and a batch is as slow as its slowest call. */
function travelsAlone({ method, params }: RpcCall): boolean {
  if (method === "eth_sendRawTransaction") return true;
  const [filter] = params;
  return method === "eth_getLogs" && typeof filter === "object" && filter !== null && "fromBlock" in filter;
}

/**
 * Sends calls made in the same turn of the event loop as one JSON-RPC batch. Providers refuse batches in every way there is (an error for
 * all of them, HTTP 4xx, a closed connection), so calls without an answer are put again one by one; if that works, batches were the trouble.
 */
export function batching({ single, batch }: Wire): Exchange {
  let waiting: Waiting[] = [];
  let singlyUntil = 0;

  function flush(): void {
    const calls = waiting;
    waiting = [];
    for (let at = 0; at < calls.length; at += MAX_BATCH) void send(calls.slice(at, at + MAX_BATCH));
  }

  async function send(calls: readonly Waiting[]): Promise<void> {
    const [only] = calls;
    if (only !== undefined && calls.length === 1) return only.resolve(await single(only.call));
    const answers = await batch(calls.map(({ call }) => call));
    const left = calls.filter(({ resolve }, i) => {
      const answer = answers[i];
      if (answer !== undefined) resolve(answer);
      return answer === undefined;
    });
    await Promise.all(
      left.map(async ({ call, resolve }) => {
        const answer = await single(call);
        if (answer.kind !== "silence") singlyUntil = Date.now() + SINGLY_MS;
        resolve(answer);
      }),
    );
  }

  return async (call) => {
    if (travelsAlone(call) || Date.now() < singlyUntil) return await single(call);
    return await new Promise<Answer>((resolve) => {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({ call, resolve });
    });
  };
}
