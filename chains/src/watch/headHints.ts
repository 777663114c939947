import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "@herald/wire/log";
import { getWebSocketRpcClient } from "viem/utils";

/** A subscription without a head for so long is opened anew: a connection can be gone without a word. */
const SILENCE_MS = 60_000;
/** A server may take the connection and never answer. */
const OPENING_MS = 20_000;
const FIRST_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 60_000;

/**
 * Calls `onHead` for every block header a websocket sends, until `signal`. Nothing of the header is read: it is a hint to look, and whoever
 * sends it is not believed. A websocket that fails is tried again, less and less often while it brings nothing.
 */
export async function listenForHeads(parameters: {
  readonly url: string;
  readonly onHead: () => void;
  readonly log: Log;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { url, onHead, log, signal } = parameters;
  for (let failures = 0; !signal.aborted; failures += 1) {
    const noted = (): void => {
      if (failures > 0) log.info("The websocket tells of blocks again.", { failures });
      failures = 0;
      onHead();
    };
    const reason = await listenOnce(url, noted, signal);
    if (signal.aborted) return;
    const backoff = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(failures, 20));
    // The reason may name the URL, which may hold a key.
    const fields = { reason: reason instanceof Error ? reason.name : "it cannot be reached", nextTryMs: backoff };
    if (failures === 0) log.info("The websocket no longer tells of blocks; they are found by polling.", fields);
    await delay(backoff, undefined, { signal }).catch(() => undefined);
  }
}

type Socket = Awaited<ReturnType<typeof getWebSocketRpcClient>>;

/** Opens a connection; one whose opening outlasts `signal` or the patience for it is closed when it comes after all. */
async function open(url: string, signal: AbortSignal): Promise<Socket> {
  const opening = getWebSocketRpcClient(url, { keepAlive: false, reconnect: false });
  let giveUp = (_reason: unknown): void => undefined;
  // By hand: AbortSignal.any on a signal that lives as long as the process leaks on Node 20.
  const outlasted = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  const aborted = (): void => giveUp(signal.reason);
  const patience = setTimeout(() => giveUp(new Error("it does not answer")), OPENING_MS);
  signal.addEventListener("abort", aborted, { once: true });
  if (signal.aborted) aborted();
  try {
    return await Promise.race([opening, outlasted]);
  } catch (error) {
    opening.then(
      (late) => late.close(),
      () => undefined,
    );
    throw error;
  } finally {
    clearTimeout(patience);
    signal.removeEventListener("abort", aborted);
  }
}

/** Listens until the connection fails, falls silent, or `signal`; returns why it ended. */
async function listenOnce(url: string, onHead: () => void, signal: AbortSignal): Promise<unknown> {
  let socket: Socket;
  try {
    socket = await open(url, signal);
  } catch (error) {
    return error;
  }
  return await new Promise<unknown>((resolve) => {
    let ended = false;
    const end = (reason: unknown): void => {
      // Closing reports its own end here.
      if (ended) return;
      ended = true;
      clearTimeout(silence);
      signal.removeEventListener("abort", aborted);
      socket.close();
      resolve(reason);
    };
    const aborted = (): void => end(signal.reason);
    const silence = setTimeout(() => end(new Error("silence")), SILENCE_MS);
    if (signal.aborted) return aborted();
    signal.addEventListener("abort", aborted, { once: true });
    socket.request({
      body: { method: "eth_subscribe", params: ["newHeads"] },
      onError: end,
      onResponse: ({ error, method }: { readonly error?: unknown; readonly method?: string | undefined }) => {
        if (error !== undefined) end(error);
        else if (method === "eth_subscription") {
          silence.refresh();
          onHead();
        }
      },
    });
  });
}
