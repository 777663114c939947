import { BaseError, HttpRequestError, RpcRequestError, type Transport } from "viem";
import { type Answer, silence } from "../answer.js";
import type { Exchange } from "./exchange.js";
import { readReply } from "./readReply.js";

/**
 * A provider behind any viem transport (`webSocket`, `ipc`, `custom`). What a transport hands on is the result, not the bytes, so that is
 * the evidence then. Its own retries are switched off: they would hide how the provider answers.
 */
export function transportExchange(provider: string, transport: Transport, timeoutMs: number): Exchange {
  const { request } = transport({ timeout: timeoutMs });
  return async (call) => {
    try {
      const result: unknown = await withDeadline(request(call, { retryCount: 0 }), timeoutMs);
      // JSON knows no undefined.
      const reply = { id: 1, result: result ?? null };
      return readReply(provider, reply, () => JSON.stringify(reply), null);
    } catch (error) {
      return toAnswer(provider, error);
    }
  };
}

function toAnswer(provider: string, error: unknown): Answer {
  const rpc = find(error, (it) => it instanceof RpcRequestError);
  if (rpc instanceof RpcRequestError) {
    const reply = { id: 1, error: { code: rpc.code, message: rpc.details, data: rpc.data } };
    return readReply(provider, reply, () => JSON.stringify(reply), null);
  }
  const http = find(error, (it) => it instanceof HttpRequestError && it.status !== undefined);
  if (http instanceof HttpRequestError) {
    const reply = { id: 1, error: { code: http.status ?? 0, message: http.details } };
    const retryAfter = http.headers?.get("retry-after") ?? null;
    if (http.status === 429) return readReply(provider, reply, () => http.details, retryAfter);
  }
  return silence(provider, "unreachable", error instanceof Error ? error.message.slice(0, 300) : String(error));
}

function find(error: unknown, is: (it: unknown) => boolean): unknown {
  return error instanceof BaseError ? error.walk(is) : undefined;
}

/** A websocket that is half open never answers, and not every transport has a timeout of its own. */
async function withDeadline<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
