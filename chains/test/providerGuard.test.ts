import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Answer, silence } from "../src/quorum/answer.js";
import { CircuitBreaker } from "../src/quorum/provider/circuitBreaker.js";
import { guardedExchange, type ProviderLimits } from "../src/quorum/provider/guardedExchange.js";
import { LimitBackoff } from "../src/quorum/provider/limitBackoff.js";
import { ProviderScore } from "../src/quorum/provider/providerScore.js";

const fine: Answer = { kind: "result", provider: "p", raw: () => "", value: "0x1" };
const broken = silence("p", "unreachable", "ECONNREFUSED");
const limited = { ...silence("p", "limited", "rate limit exceeded"), retryAfterMs: 3_000 };
const call = { method: "eth_chainId", params: [] };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A guarded provider whose answers the test decides. */
function guarded(limits: ProviderLimits = {}) {
  let answer: Answer | Promise<Answer> = fine;
  const calls: number[] = [];
  const guard = guardedExchange(
    "p",
    async () => {
      calls.push(Date.now());
      return await answer;
    },
    limits,
  );
  return {
    ...guard,
    calls,
    ask: () => guard.exchange(call),
    answers: (next: Answer | Promise<Answer>) => {
      answer = next;
    },
  };
}

describe("a provider that fails", () => {
  test("is left alone after five failures, and let back in by one probe", async () => {
    const { ask, answers, calls, breaker } = guarded();
    answers(broken);
    for (let i = 0; i < 5; i++) expect(await ask()).toMatchObject({ cause: "unreachable" });
    expect(breaker.state).toBe("open");
    expect(await ask()).toMatchObject({ cause: "spared", reason: expect.stringContaining("ECONNREFUSED") });
    expect(calls).toHaveLength(5);
    await vi.advanceTimersByTimeAsync(1_000);
    let release: (answer: Answer) => void = () => undefined;
    answers(new Promise((resolve) => (release = resolve)));
    const probe = ask();
    await vi.advanceTimersByTimeAsync(0);
    expect(breaker.state).toBe("halfOpen");
    // Only one probe at a time.
    expect(await ask()).toMatchObject({ cause: "spared" });
    release(fine);
    expect(await probe).toBe(fine);
    answers(fine);
    expect(await ask()).toBe(fine);
    expect(breaker.state).toBe("closed");
  });

  test("is probed ever more rarely, but at least every ten seconds", () => {
    const breaker = new CircuitBreaker();
    let now = 0;
    for (let i = 0; i < 5; i++) breaker.failed(now);
    const pauses: number[] = [];
    for (let probe = 0; probe < 6; probe++) {
      pauses.push(breaker.remaining(now));
      now += breaker.remaining(now);
      expect(breaker.admits(now)).toBe(true);
      breaker.failed(now);
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  });

  test("does not stay away longer for calls that fail late", () => {
    const breaker = new CircuitBreaker();
    for (let i = 0; i < 20; i++) breaker.failed(i);
    expect(breaker.remaining(19)).toBe(1_004 - 19);
  });

  test("comes after the others, and one that was outvoted last of all", () => {
    const [fast, failing, liar] = [new ProviderScore(), new ProviderScore(), new ProviderScore()];
    for (let i = 0; i < 20; i++) {
      fast.answered(20, false);
      liar.answered(5, false);
      failing.answered(20, i % 2 === 0);
    }
    liar.outvoted(1_000);
    const order = (now: number) =>
      Object.entries({ fast, failing, liar }).sort(([, a], [, b]) => a.rank(now) - b.rank(now));
    expect(order(1_000).map(([name]) => name)).toEqual(["fast", "failing", "liar"]);
    expect(order(62_000).map(([name]) => name)).toEqual(["liar", "fast", "failing"]);
  });
});

describe("a provider that limits us", () => {
  test("is asked again when it said, not before", async () => {
    const { ask, answers, calls, pausedMs } = guarded();
    answers(limited);
    await ask();
    expect(pausedMs()).toBe(3_000);
    answers(fine);
    expect(await ask()).toMatchObject({ cause: "spared", retryAfterMs: 3_000 });
    await vi.advanceTimersByTimeAsync(2_400);
    expect(await ask()).toMatchObject({ cause: "spared" });
    await vi.advanceTimersByTimeAsync(200);
    // A short rest is waited for.
    const answer = ask();
    await vi.advanceTimersByTimeAsync(400);
    expect(await answer).toBe(fine);
    expect(calls).toHaveLength(2);
  });

  test("gets longer pauses each time where it does not say, and short ones again once it answered", () => {
    const backoff = new LimitBackoff();
    const pauses: number[] = [];
    let now = 1_000;
    for (let i = 0; i < 9; i++) {
      backoff.refused(now, now, undefined);
      pauses.push(backoff.remaining(now));
      now += backoff.remaining(now);
    }
    expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    backoff.answered(now);
    backoff.refused(now, now, undefined);
    expect(backoff.remaining(now)).toBe(250);
  });

  test("counts refusals of calls made before the pause once, and cannot send us away for long", () => {
    const backoff = new LimitBackoff();
    for (let i = 0; i < 10; i++) backoff.refused(1_000, 990, undefined);
    expect(backoff.remaining(1_000)).toBe(250);
    for (let i = 0; i < 10; i++) backoff.refused(1_250, 1_250, 86_400_000);
    expect(backoff.remaining(1_250)).toBe(120_000);
    backoff.refused(121_250, 121_250, undefined);
    expect(backoff.remaining(121_250)).toBe(1_000);
  });
});

describe("limits that are known", () => {
  test("are kept: no more calls at a time than allowed", async () => {
    const releases: (() => void)[] = [];
    let [busy, most] = [0, 0];
    const { exchange } = guardedExchange(
      "p",
      async () => {
        most = Math.max(most, ++busy);
        await new Promise<void>((resolve) => releases.push(resolve));
        busy -= 1;
        return fine;
      },
      { maxConcurrent: 3 },
    );
    const all = Promise.all(Array.from({ length: 10 }, () => exchange(call)));
    for (let i = 0; i < 10; i++) {
      await vi.advanceTimersByTimeAsync(0);
      releases.shift()?.();
    }
    expect(await all).toHaveLength(10);
    expect(most).toBe(3);
  });

  test("are kept: no more calls a second than allowed", async () => {
    const { ask, calls } = guarded({ maxPerSecond: 10 });
    const startedAt = Date.now();
    const all = Promise.all(Array.from({ length: 40 }, ask));
    await vi.advanceTimersByTimeAsync(10_000);
    await all;
    for (const at of [1_000, 2_000, 3_000]) {
      const within = calls.filter((it) => it - startedAt <= at).length;
      // A second's worth at once, and then ten a second.
      expect(within).toBeLessThanOrEqual(10 + at / 100);
      expect(within).toBeGreaterThanOrEqual(8 + at / 100);
    }
  });
});
