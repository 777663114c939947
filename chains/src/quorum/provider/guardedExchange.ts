import { type Answer, describeAnswer, silence } from "../answer.js";
import { CircuitBreaker } from "./circuitBreaker.js";
import type { Exchange } from "./exchange.js";
import { LimitBackoff } from "./limitBackoff.js";
import { pace } from "./pace.js";
import { ProviderScore } from "./providerScore.js";
import { slots } from "./slots.js";

/** What a provider may be asked. */
export interface ProviderLimits {
  /** Calls on their way at the same time; 50 unless told. */
  readonly maxConcurrent?: number;
  /** Calls per second, as the provider's plan says; unlimited unless told. */
  readonly maxPerSecond?: number;
}

const DEFAULT_CONCURRENT = 50;
/** A pause that ends this soon is waited for; for a longer one the others are asked. */
const SHORT_PAUSE_MS = 500;

/** An exchange that keeps a provider's limits, and stays away from it while it fails or refuses for being asked too often. */
export interface GuardedExchange {
  readonly exchange: Exchange;
  readonly score: ProviderScore;
  readonly breaker: CircuitBreaker;
  /** Milliseconds for which the provider will not be asked. */
  pausedMs(): number;
}

export function guardedExchange(provider: string, inner: Exchange, limits: ProviderLimits): GuardedExchange {
  const inSlot = slots(limits.maxConcurrent ?? DEFAULT_CONCURRENT);
  const turn = limits.maxPerSecond === undefined ? undefined : pace(limits.maxPerSecond);
  const score = new ProviderScore();
  const breaker = new CircuitBreaker();
  const backoff = new LimitBackoff();
  let lastFailure = "";

  const spared = (waitMs: number, why: string): Answer => ({
    ...silence(provider, "spared", `left alone for ${Math.ceil(waitMs)} ms: ${why}`),
    retryAfterMs: waitMs,
  });

  function note(answer: Answer, askedAt: number): void {
    const now = Date.now();
    if (answer.kind === "silence" && answer.cause === "limited") {
      lastFailure = answer.reason;
      backoff.refused(now, askedAt, answer.retryAfterMs);
    } else backoff.answered(askedAt);
    const failed = answer.kind === "silence" && answer.cause === "unreachable";
    score.answered(now - askedAt, failed || answer.kind === "silence");
    if (failed) {
      lastFailure = describeAnswer(answer);
      breaker.failed(now);
    } else breaker.succeeded();
  }

  return {
    score,
    breaker,
    pausedMs: () => Math.max(backoff.remaining(Date.now()), breaker.remaining(Date.now())),
    exchange: (call) =>
      inSlot(async () => {
        const pause = backoff.remaining(Date.now());
        if (pause > SHORT_PAUSE_MS) return spared(pause, lastFailure);
        if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
        await turn?.();
        if (!breaker.admits(Date.now())) return spared(breaker.remaining(Date.now()), lastFailure);
        const askedAt = Date.now();
        const answer = await inner(call);
        note(answer, askedAt);
        return answer;
      }),
  };
}
