import { HeraldError } from "@herald/wire/errors";
import { parseRequestId } from "@herald/wire/ids";
import type { Hex } from "viem";
import { describe, expect, test } from "vitest";
import { askWorkers, type Poll, type Vote } from "../src/activities/askWorkers.js";

type Behaviour = (signal: AbortSignal) => Promise<Vote>;

const hash = (byte: string): Hex => `0x${byte.repeat(32)}`;
const address = (byte: string): Hex => `0x${byte.repeat(20)}`;

function vote(operator: string, says: string): Vote {
  const answer = {
    id: parseRequestId(hash("01")),
    status: 1,
    outputHash: hash("02"),
    evidenceHash: hash(says),
    payee: address("03"),
    relayer: address("04"),
  };
  return { operator, output: "0x", signed: { answer, signature: "0x", worker: address("05") } };
}

const answers =
  (operator: string, says: string): Behaviour =>
  async () =>
    vote(operator, says);
const fails: Behaviour = () =>
  Promise.reject(
    new HeraldError({ code: "WORKER_UNREACHABLE", message: "It hung up.", actor: "operator", retry: "now" }),
  );
const silent: Behaviour = (signal) =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));

/** Asks workers named w0, w1 … in this order; says in which order and how many at once. */
async function poll(k: number, behaviours: readonly Behaviour[], signal = new AbortController().signal) {
  const asked: string[] = [];
  const called: string[] = [];
  let atOnce = 0;
  let most = 0;
  const result: Poll = await askWorkers({
    workers: behaviours.map((behave, i) => ({ name: `w${i}`, behave })),
    k,
    ask: async (worker, limit) => {
      asked.push(worker.name);
      most = Math.max(most, ++atOnce);
      limit.addEventListener("abort", () => called.push(worker.name), { once: true });
      await new Promise((resolve) => setTimeout(resolve, 5));
      return await worker.behave(limit).finally(() => atOnce--);
    },
    onFailure: () => undefined,
    signal,
  });
  return { result, asked, most, called };
}

describe("asking workers", () => {
  test("k are asked at once and no more, where they agree", async () => {
    const { result, asked, most } = await poll(2, [answers("a", "aa"), answers("b", "aa"), answers("c", "aa")]);
    expect(result.agreed).toHaveLength(2);
    expect(asked).toEqual(["w0", "w1"]);
    expect(most).toBe(2);
  });

  test("the next is asked as soon as one fails", async () => {
    const { result, asked } = await poll(2, [fails, answers("b", "aa"), answers("c", "aa")]);
    expect(result.agreed?.map((it) => it.operator).sort()).toEqual(["b", "c"]);
    expect(asked).toEqual(["w0", "w1", "w2"]);
  });

  test("the next is asked where two say different things, and the majority's answer wins", async () => {
    const { result } = await poll(2, [answers("a", "aa"), answers("b", "bb"), answers("c", "bb")]);
    expect(result.agreed?.map((it) => it.signed.answer.evidenceHash)).toEqual([hash("bb"), hash("bb")]);
  });

  test("two keys of one operator are one vote", async () => {
    const { result } = await poll(2, [answers("a", "aa"), answers("a", "aa")]);
    expect(result).toMatchObject({ agreed: null, most: 1 });
  });

  test("with nobody left, says what each failed one did", async () => {
    const { result } = await poll(2, [fails, answers("b", "aa")]);
    expect(result).toEqual({ agreed: null, most: 1, failures: { w0: "WORKER_UNREACHABLE: It hung up." } });
  });

  test("with fewer workers than k, ends instead of waiting", async () => {
    expect((await poll(3, [answers("a", "aa")])).result).toMatchObject({ agreed: null, most: 1 });
    expect((await poll(2, [])).result).toMatchObject({ agreed: null, most: 0 });
  });

  test("what is still under way is called off once k agree", async () => {
    const { result, called } = await poll(2, [answers("a", "aa"), answers("b", "bb"), answers("c", "aa"), silent]);
    expect(result.agreed).toHaveLength(2);
    expect(called).toContain("w0");
    const late = await poll(1, [silent], AbortSignal.timeout(30)).catch((error: unknown) => error);
    expect(late).toMatchObject({ name: "TimeoutError" });
  });
});
