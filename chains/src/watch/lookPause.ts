import { Wake } from "@herald/wire/wake";

/** Looks in a row that hints may cause in vain, and the pause between those: providers hear of a block at slightly different times. */
const PATIENCE = 2;
const RETRY_MS = 50;

/**
 * The pause between two looks at a chain, cut short by hints that there is a new block. A hint decides nothing but when to look; hints that
 * come to nothing are not listened to until a pause has passed, so that whoever sends them causes two more looks a pause at most.
 */
export class LookPause {
  readonly #wake = new Wake();
  #misses = 0;

  /** There may be a new block. */
  readonly hint = (): void => {
    if (this.#misses < PATIENCE) this.#wake.wake();
  };

  /** Returns when hinted, after `ms`, or when `signal` aborts. `found`: whether the look before saw a new block. */
  async wait(ms: number, found: boolean, signal: AbortSignal): Promise<void> {
    if (found) this.#misses = 0;
    const retries = this.#misses > 0 && this.#misses < PATIENCE;
    const hinted = await this.#wake.sleep(retries ? Math.min(ms, RETRY_MS) : ms, signal);
    this.#misses = hinted || retries ? this.#misses + 1 : 0;
  }
}
