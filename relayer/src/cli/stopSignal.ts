import { setMaxListeners } from "node:events";

/** Exit code of a process that a signal ended: 128 and the signal's number. */
const FORCED = 130;

/** Aborts on the first SIGINT or SIGTERM, so that work can end in order; the second one ends the process at once. */
export function stopSignal(onFirst: () => void = () => undefined): AbortSignal {
  const stop = new AbortController();
  // Everything that runs until then listens to it; their number is not a leak.
  setMaxListeners(0, stop.signal);
  const hear = (): void => {
    if (stop.signal.aborted) process.exit(FORCED);
    onFirst();
    stop.abort();
  };
  process.on("SIGINT", hear);
  process.on("SIGTERM", hear);
  return stop.signal;
}

/** Resolves when `signal` aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
