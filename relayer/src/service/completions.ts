import { formatError } from "@herald/wire/errors";
import type { Log } from "@herald/wire/log";
import { Wake } from "@herald/wire/wake";
import type { Completion, Outbox } from "@herald/workflows/effects/outbox";
import { ActivityNotFoundError, type Client } from "@temporalio/client";

const IDLE_MS = 1_000;
const PASS_LIMIT = 200;

/**
 * Tells waiting activities that their effect is done. What was done but not told before a crash is told after it; an activity that timed
 * out meanwhile is gone, and its next attempt finds the reference in the outbox.
 */
export class Completions {
  readonly #outbox: Outbox;
  readonly #client: Client;
  readonly #onSettled: (requestId: string, last: boolean) => Promise<void>;
  readonly #log: Log;
  readonly #wake = new Wake();

  /** `onSettled` is called once the flow was told what settles its request; `last`: and nothing can follow. */
  constructor(
    outbox: Outbox,
    client: Client,
    onSettled: (requestId: string, last: boolean) => Promise<void>,
    log: Log,
  ) {
    this.#outbox = outbox;
    this.#client = client;
    this.#onSettled = onSettled;
    this.#log = log.child({ part: "completions" });
  }

  /** There is something to tell. */
  readonly wake = (): void => this.#wake.wake();

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const pending = await this.#outbox.completions(PASS_LIMIT);
        await Promise.all(pending.map((it) => this.#tell(it)));
        if (pending.length === PASS_LIMIT) continue;
      } catch (error) {
        this.#log.warn("Activities could not be told of finished effects and will be.", { error: formatError(error) });
      }
      await this.#wake.sleep(IDLE_MS, signal);
    }
  }

  async #tell(completion: Completion): Promise<void> {
    try {
      await this.#client.activity.complete(Buffer.from(completion.taskToken, "base64"), completion.reference);
    } catch (error) {
      if (!(error instanceof ActivityNotFoundError)) throw error;
      this.#log.debug("The waiting activity is gone; its next attempt finds the reference.", { ...completion.key });
    }
    await this.#outbox.completed(completion.key);
    if (settles(completion)) await this.#onSettled(completion.key.requestId, completion.key.kind === "reveal");
  }
}

function settles({ key, reference }: Completion): boolean {
  if (key.kind === "evidence" || key.kind === "result") return false;
  // CAST: what the writers of all other kinds write has an outcome.
  const { outcome } = reference as unknown as { readonly outcome: string };
  return outcome !== "rejected" && outcome !== "pending";
}
