import { setTimeout as sleep } from "node:timers/promises";
import { HeraldError } from "@herald/wire/errors";

/**
 * Waits.
 * @throws HeraldError DA_ABORTED
 */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, signal && { signal });
  } catch (cause) {
    throw new HeraldError({
      code: "DA_ABORTED",
      message: "Waiting for Celestia was called off.",
      actor: "operator",
      fix: "Call again to go on where it stopped.",
      retry: "now",
      cause,
    });
  }
}
