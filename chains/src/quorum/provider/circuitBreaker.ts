/** Failures in a row after which a provider is left alone. */
const OPEN_AFTER = 5;
const FIRST_MS = 1_000;
/** Also how much later than its recovery a provider is noticed at most. */
const LONGEST_MS = 10_000;

/**
 * Leaves a provider alone that fails again and again: its timeouts would cost every read. After a pause one call is let through as a probe
 * (half-open); if it succeeds all is well again, otherwise the next pause is twice as long.
 */
export class CircuitBreaker {
  #failures = 0;
  #openings = 0;
  #until = 0;
  #probing = false;

  get state(): "closed" | "open" | "halfOpen" {
    if (this.#failures < OPEN_AFTER) return "closed";
    return this.#probing ? "halfOpen" : "open";
  }

  /** Whether a call may go out now. If so, its outcome must be noted. */
  admits(now: number): boolean {
    if (this.#failures < OPEN_AFTER) return true;
    if (this.#probing || now < this.#until) return false;
    this.#probing = true;
    return true;
  }

  /** Milliseconds until the next probe. */
  remaining(now: number): number {
    return this.#failures < OPEN_AFTER ? 0 : Math.max(0, this.#until - now);
  }

  succeeded(): void {
    this.#failures = 0;
    this.#openings = 0;
    this.#probing = false;
  }

  failed(now: number): void {
    const probed = this.#probing;
    this.#failures += 1;
    this.#probing = false;
    // Calls that were on their way when it opened fail late; they are part of the same outage.
    if (this.#failures !== OPEN_AFTER && !probed) return;
    this.#until = now + Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#openings);
    this.#openings = Math.min(this.#openings + 1, 16);
  }
}
