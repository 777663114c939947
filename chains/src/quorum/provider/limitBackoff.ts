/** Pause after a first refusal that named none; it doubles with every further one. */
const FIRST_MS = 250;
const LONGEST_MS = 30_000;
/** No provider may send us away for longer than this. */
const LONGEST_ASKED_MS = 120_000;

/** Stays away from a provider that says it is asked too often: as long as it wants, or longer each time where it does not say. */
export class LimitBackoff {
  #refusals = 0;
  #until = 0;

  /** Milliseconds still to wait. */
  remaining(now: number): number {
    return Math.max(0, this.#until - now);
  }

  /** Answers to calls made before the pause began tell nothing new. */
  refused(now: number, askedAt: number, retryAfterMs: number | undefined): void {
    const isNews = askedAt >= this.#until;
    if (!isNews && retryAfterMs === undefined) return;
    const own = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#refusals);
    const pause = retryAfterMs === undefined ? own : Math.min(LONGEST_ASKED_MS, retryAfterMs);
    if (isNews) this.#refusals = Math.min(this.#refusals + 1, 16);
    this.#until = Math.max(this.#until, now + pause);
  }

  answered(askedAt: number): void {
    if (askedAt >= this.#until) this.#refusals = 0;
  }
}
