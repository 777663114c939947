import { asyncLocalStorage, Context, type Info } from "@temporalio/activity";

/**
 * Runs an activity as a Temporal worker does, with a context that counts heartbeats and can be cancelled. The worker package has one too,
 * but in a package of its own that pulls in a test server.
 */
export function inActivity<T>(run: () => Promise<T>) {
  const stop = new AbortController();
  let beats = 0;
  const cancelled = new Promise<never>((_resolve, reject) => {
    stop.signal.addEventListener("abort", () => reject(new Error("cancelled")), { once: true });
  });
  cancelled.catch(() => undefined);
  // CAST: what `heartbeat` and `cancellationSignal` do not look at is left out.
  const nothing = {} as never;
  const context = new Context(
    {} as Info,
    cancelled,
    stop.signal,
    () => void beats++,
    undefined,
    nothing,
    nothing,
    nothing,
  );
  return {
    result: asyncLocalStorage.run(context, run),
    beats: () => beats,
    cancel: () => stop.abort(),
  };
}
