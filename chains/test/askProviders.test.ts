import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Answer, silence } from "../src/quorum/answer.js";
import { askProviders, type Decide } from "../src/quorum/askProviders.js";
import type { AskedProvider } from "../src/quorum/provider/jsonRpcProvider.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const said = (provider: string, value: unknown): Answer => ({ kind: "result", provider, raw: () => "", value });

/** A provider that answers `value` (null: it fails) after `ms`, never if that is infinite; late after 200 ms. */
function providerOf(name: string, ms: number, value: unknown = "truth"): AskedProvider & { asked: number } {
  const provider = {
    name,
    url: "",
    rank: 0,
    lateAfterMs: 200,
    asked: 0,
    outvoted: () => undefined,
    call: async () => {
      provider.asked += 1;
      if (ms === Number.POSITIVE_INFINITY) return await new Promise<Answer>(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, ms));
      return value === null ? silence(name, "unreachable", "gone") : said(name, value);
    },
  };
  return provider;
}

/** Two of the same. */
const two: Decide<unknown> = (answers, pending) => {
  const values = answers.flatMap((it) => (it.kind === "result" ? [it.value] : []));
  const agreed = values.find((value) => values.filter((it) => it === value).length >= 2);
  if (agreed !== undefined) return { value: agreed, settled: true };
  if (pending === 0) throw new Error("nothing agreed");
  return undefined;
};

async function ask(providers: readonly AskedProvider[], decide: Decide<unknown> = two) {
  const startedAt = Date.now();
  const all: (readonly Answer[])[] = [];
  const work = askProviders({ providers, first: 2 }, { method: "m", params: [] }, decide, (it) => all.push(it));
  const timed = work.then(
    (value) => ({ value, ms: Date.now() - startedAt }),
    (error: unknown) => ({ error: String(error), ms: Date.now() - startedAt }),
  );
  await vi.advanceTimersByTimeAsync(5_000);
  return { outcome: await timed, all };
}

describe("the third of three providers, where two must agree", () => {
  test("is left in peace while two answer in time and agree", async () => {
    const providers = [providerOf("a", 10), providerOf("b", 50), providerOf("c", 10)];
    const { outcome, all } = await ask(providers);
    expect(outcome).toEqual({ value: "truth", ms: 50 });
    expect(providers.map((it) => it.asked)).toEqual([1, 1, 0]);
    expect(all).toHaveLength(1);
  });

  test("is asked when one of the two is late, and then nobody waits for that one", async () => {
    const providers = [providerOf("a", 10), providerOf("b", 3_000), providerOf("c", 10)];
    const { outcome, all } = await ask(providers);
    expect(outcome).toEqual({ value: "truth", ms: 210 });
    // Once, with the late answer too.
    expect(all.map((it) => it.map(({ provider }) => provider))).toEqual([["a", "c", "b"]]);
  });

  test("is asked at once when one of the two has no answer", async () => {
    const { outcome } = await ask([providerOf("a", 10), providerOf("b", 20, null), providerOf("c", 10)]);
    expect(outcome).toEqual({ value: "truth", ms: 30 });
  });

  test("is asked at once when the two disagree, and decides", async () => {
    const { outcome } = await ask([providerOf("a", 10), providerOf("b", 20, "lie"), providerOf("c", 10)]);
    expect(outcome).toEqual({ value: "truth", ms: 30 });
  });

  test("does not help where it says a third thing", async () => {
    const { outcome } = await ask([providerOf("a", 10), providerOf("b", 20, "lie"), providerOf("c", 10, "tale")]);
    expect(outcome).toEqual({ error: "Error: nothing agreed", ms: 30 });
  });

  test("has a moment to better an answer that is good enough", async () => {
    const highest: Decide<unknown> = (answers, pending) => {
      const values = answers.flatMap((it) => (it.kind === "result" ? [Number(it.value)] : []));
      const value = values.sort((x, y) => y - x)[1];
      return value === undefined ? undefined : { value, settled: pending === 0 };
    };
    const quick = [providerOf("a", 10, 9), providerOf("b", 20, 7), providerOf("c", 30, 9)];
    expect((await ask(quick, highest)).outcome).toEqual({ value: 9, ms: 50 });
    const slow = [providerOf("a", 10, 9), providerOf("b", 20, 7), providerOf("c", Number.POSITIVE_INFINITY)];
    expect((await ask(slow, highest)).outcome).toEqual({ value: 7, ms: 120 });
  });
});
