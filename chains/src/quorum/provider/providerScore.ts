/** Share of the newest observation in the running averages. */
const WEIGHT = 0.2;
/** A provider without observations is taken to be this fast. */
const UNKNOWN_MS = 100;
/** How long a provider that was outvoted comes last. */
const DISTRUST_MS = 60_000;
/** An answer this many times later than usual is late. */
const LATE = 3;
const LATE_MS = { least: 50, most: 1_000 };

/** How fast and how reliable a provider was lately; decides who is asked first, never who is believed. */
export class ProviderScore {
  #latencyMs = UNKNOWN_MS;
  #failures = 0;
  #outvotedAt = Number.NEGATIVE_INFINITY;

  answered(ms: number, failed: boolean): void {
    if (!failed) this.#latencyMs += WEIGHT * (ms - this.#latencyMs);
    this.#failures += WEIGHT * ((failed ? 1 : 0) - this.#failures);
  }

  outvoted(now: number): void {
    this.#outvotedAt = now;
  }

  get latencyMs(): number {
    return this.#latencyMs;
  }

  /** Share of failures, 0 to 1. */
  get failures(): number {
    return this.#failures;
  }

  isDistrusted(now: number): boolean {
    return now - this.#outvotedAt < DISTRUST_MS;
  }

  /** Lower is better. */
  rank(now: number): number {
    return this.#latencyMs * (1 + 20 * this.#failures) * (this.isDistrusted(now) ? 100 : 1);
  }

  /** How long an answer may take before others are asked too. */
  get lateAfterMs(): number {
    return Math.min(LATE_MS.most, Math.max(LATE_MS.least, LATE * this.#latencyMs));
  }
}
