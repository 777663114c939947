import { describe, expect, test } from "vitest";
import { type Answer, silence } from "../src/quorum/answer.js";
import { batching, type Wire } from "../src/quorum/provider/callBatcher.js";
import type { RpcCall } from "../src/quorum/provider/exchange.js";

const answerTo = (call: RpcCall): Answer => ({ kind: "result", provider: "p", raw: () => "", value: call.method });

/** A wire that answers batches with `batch` and notes how many calls each request carried. */
function wireOf(batch: (calls: readonly RpcCall[]) => readonly (Answer | undefined)[], single = answerTo) {
  const requests: number[] = [];
  const wire: Wire = {
    single: async (call) => {
      requests.push(1);
      return single(call);
    },
    batch: async (calls) => {
      requests.push(calls.length);
      return batch(calls);
    },
  };
  return { exchange: batching(wire), requests };
}

const put = (exchange: ReturnType<typeof batching>, count: number) =>
  Promise.all(Array.from({ length: count }, (_, i) => exchange({ method: `m${i}`, params: [] })));
const values = (answers: readonly Answer[]) => answers.map((it) => (it.kind === "result" ? it.value : it.kind));
const expected = (count: number) => Array.from({ length: count }, (_, i) => `m${i}`);

describe("calls made in one turn", () => {
  test("travel in one request, at most twenty each, and every call gets its own answer", async () => {
    const { exchange, requests } = wireOf((calls) => calls.map(answerTo));
    expect(values(await put(exchange, 45))).toEqual(expected(45));
    expect(requests).toEqual([20, 20, 5]);
  });

  test("travel alone if there is one", async () => {
    const { exchange, requests } = wireOf(() => []);
    expect(values(await put(exchange, 1))).toEqual(expected(1));
    expect(requests).toEqual([1]);
  });
});

describe("what would hold others up, or must not be held up,", () => {
  test.each([
    ["a broadcast", { method: "eth_sendRawTransaction", params: ["0x01"] }],
    ["a range of logs", { method: "eth_getLogs", params: [{ fromBlock: "0x1", toBlock: "0x9" }] }],
  ])("%s, travels alone", async (_, call) => {
    const { exchange, requests } = wireOf((calls) => calls.map(answerTo));
    await Promise.all([exchange({ method: "a", params: [] }), exchange(call), exchange({ method: "b", params: [] })]);
    expect(requests.sort()).toEqual([1, 2]);
  });

  test("logs of one block are no such thing", async () => {
    const { exchange, requests } = wireOf((calls) => calls.map(answerTo));
    const logs = { method: "eth_getLogs", params: [{ blockHash: "0x01" }] };
    await Promise.all([exchange(logs), exchange(logs)]);
    expect(requests).toEqual([2]);
  });
});

describe("a refused batch", () => {
  test("goes out again one by one, and no further batches for a while", async () => {
    const { exchange, requests } = wireOf((calls) => calls.map(() => undefined));
    expect(values(await put(exchange, 3))).toEqual(expected(3));
    expect(values(await put(exchange, 2))).toEqual(expected(2));
    expect(requests).toEqual([3, 1, 1, 1, 1, 1]);
  });

  test("that left some out gets only those again", async () => {
    const { exchange, requests } = wireOf((calls) => calls.map((call, i) => (i === 1 ? undefined : answerTo(call))));
    expect(values(await put(exchange, 3))).toEqual(expected(3));
    expect(requests).toEqual([3, 1]);
  });

  test("of a provider that answers nothing at all says nothing about batches", async () => {
    const nobody = () => silence("p", "unreachable", "ECONNREFUSED");
    const { exchange, requests } = wireOf((calls) => calls.map(() => undefined), nobody);
    await put(exchange, 2);
    await put(exchange, 2);
    expect(requests).toEqual([2, 1, 1, 2, 1, 1]);
  });
});
