import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RouteFilters } from "../src/config/routeFilters.js";
import { createAdmission } from "../src/service/admission.js";
import { openStore, type Store } from "../src/store/openStore.js";
import { RequestIndex } from "../src/store/requestIndex.js";
import { SqlOutbox } from "../src/store/sqlOutbox.js";
import { block, delivered, idOf, opened, result, said, step } from "./exampleStep.js";

const payee = `0x${"99".repeat(20)}` as const;
const feeTokens = [{ token: `0x${"0d".repeat(20)}`, minRelayFee: 100n }];
const gateways = { base: { chainId: 31102, gateway: payee } };

const served = { origins: { base: { policies: [1], feeTokens, domain: 8453 } }, hub: { domain: 1979 }, payee };

let filters: RouteFilters;
let folder: string;
let store: Store;
let news: number;
let index: RequestIndex;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "herald-index-"));
  store = await openStore(join(folder, "relayer.sqlite"));
  news = 0;
  filters = {};
  const admit = createAdmission(served as never, () => filters); // CAST: what admission reads.
  index = new RequestIndex(store, gateways, admit, { maxUnfinal: 4, maxUnfinalPerRequester: 2 }, () => {
    news += 1;
  });
});
afterEach(async () => {
  await store.destroy();
  rmSync(folder, { recursive: true });
});

const unstarted = async (limit = 100) => (await index.unstarted(limit)).map((it) => it.requestId);
const held = async () => (await new SqlOutbox(store).waiting("evidence", "celestia", 10)).map((it) => it.requestId);
const enterEvidence = (n: number) =>
  new SqlOutbox(store).enter(
    { kind: "evidence", lane: "celestia", requestId: idOf(n), attempt: 1, payload: {} },
    "token",
  );

describe("a request seen on chain", () => {
  test("is there once, with its bodies, however often the step comes", async () => {
    const first = step({ added: [{ block: block(1), events: [opened(1, block(1))] }] });
    await index.commit(first);
    await index.commit(first);
    expect(await unstarted()).toEqual([idOf(1)]);
    expect(await index.bodies(idOf(1))).toMatchObject({
      requestId: idOf(1),
      ref: { chainId: 31102, gateway: payee },
      input: "0x6869",
      finalAt: null,
    });
    expect(await index.recentBlocks("base")).toEqual([block(1)]);
    expect(news).toBe(2);
  });

  test("that this relayer does not serve is kept with the reason and never started", async () => {
    await index.commit(step({ added: [{ block: block(1), events: [opened(1, block(1), { policyId: 7 })] }] }));
    expect(await unstarted()).toEqual([]);
    expect((await index.find(idOf(1)))?.refusal).toBe("Policy 7 is not among those this relayer serves on base (1).");
  });

  test("of another chain, or none, is an error that says what to do", async () => {
    await expect(index.bodies(idOf(9))).rejects.toMatchObject({ code: "REQUEST_UNKNOWN" });
  });
});

test("the blocks before a leap are no part of what is known", async () => {
  await index.commit(step({ added: [1, 2].map((n) => ({ block: block(n), events: [] })) }));
  expect((await index.recentBlocks("base")).map((it) => it.number)).toEqual([2n, 1n]);
  const leap = step({
    added: [
      { block: block(5), events: [opened(1, block(5))] },
      { block: block(9), events: [] },
    ],
    finalized: 99,
  });
  await index.commit({ ...leap, isLeap: true });
  expect((await index.recentBlocks("base")).map((it) => it.number)).toEqual([9n]);
  await index.commit(step({ added: [{ block: block(10), events: [] }] }));
  expect((await index.recentBlocks("base")).map((it) => it.number)).toEqual([10n, 9n]);
  expect(await index.countUpTo("base", block(10))).toBe(1n);
});

describe("finality", () => {
  test("lets go what the outbox held back, and a reorganisation holds it again", async () => {
    await index.commit(step({ added: [{ block: block(1), events: [opened(1, block(1))] }] }));
    await enterEvidence(1);
    expect(await held()).toEqual([]);
    await index.commit(step({ added: [{ block: block(2), events: [] }], finalized: 1 }));
    expect(await held()).toEqual([idOf(1)]);
    expect((await index.bodies(idOf(1))).finalAt).not.toBeNull();
    await index.commit(
      step({ removed: [block(2), block(1)], added: [{ block: block(1, 1), events: [] }], finalized: 0 }),
    );
    expect(await held()).toEqual([]);
    expect((await index.find(idOf(1)))?.parked).toBe(1);
  });

  test("of a request that came back in another block is waited for anew", async () => {
    await index.commit(step({ added: [{ block: block(1), events: [opened(1, block(1))] }] }));
    await enterEvidence(1);
    await index.commit(step({ removed: [block(1)], added: [{ block: block(1, 1), events: [] }], finalized: 1 }));
    expect(await unstarted()).toEqual([]);
    await index.commit(step({ added: [{ block: block(2, 1), events: [opened(1, block(2, 1))] }], finalized: 1 }));
    expect(await unstarted()).toEqual([idOf(1)]);
    expect(await held()).toEqual([]);
    await index.commit(step({ added: [{ block: block(3, 1), events: [] }], finalized: 2 }));
    expect(await held()).toEqual([idOf(1)]);
  });

  test("does not hold back a refund, which withdraws what comes too late", async () => {
    const outbox = new SqlOutbox(store);
    await index.commit(step({ added: [{ block: block(1), events: [opened(1, block(1))] }] }));
    await enterEvidence(1);
    await outbox.enter({ kind: "refund", lane: "base", requestId: idOf(1), attempt: 1, payload: null }, "t");
    expect(await outbox.waiting("refund", "base", 10)).toHaveLength(1);
    await index.commit(step({ added: [{ block: block(2), events: [] }], finalized: 2 }));
    expect(await held()).toEqual([]);
  });
});

describe("speculation", () => {
  test("is capped per requester and in total; the others start once they are final", async () => {
    const events = [
      ...[1, 2, 3].map((n) => opened(n, block(1), { requester: "0a" })),
      ...[4, 5].map((n) => opened(n, block(1), { requester: "0b" })),
      opened(6, block(1), { requester: "0c" }),
    ];
    await index.commit(step({ added: [{ block: block(1), events }] }));
    expect(await unstarted()).toEqual([1, 2, 4, 5].map(idOf));
    for (const n of [1, 2, 4, 5]) await index.noteStarted(idOf(n));
    expect(await unstarted()).toEqual([]);
    await index.commit(step({ added: [{ block: block(2), events: [] }], finalized: 1 }));
    expect(await unstarted()).toEqual([3, 6].map(idOf));
  });

  test("of one busy requester does not hide the others", async () => {
    const events = Array.from({ length: 50 }, (_, i) => opened(i + 1, block(1), { requester: "0a" }));
    await index.commit(step({ added: [{ block: block(1), events: [...events, opened(99, block(1))] }] }));
    expect(await unstarted(10)).toEqual([1, 2, 99].map(idOf));
  });
});

describe("a settlement", () => {
  test("is seen, and undone by a reorganisation", async () => {
    await index.commit(step({ added: [{ block: block(1), events: [opened(1, block(1))] }], finalized: 1 }));
    await index.noteStarted(idOf(1));
    expect(await index.settlementOf(idOf(1))).toBeNull();
    await index.commit(step({ added: [{ block: block(2), events: [delivered(1, block(2))] }] }));
    expect(await index.settlementOf(idOf(1))).toMatchObject({ verdict: { outcome: "delivered", callback: "none" } });
    expect(await index.doubtful(Date.now() + 1, 10)).toMatchObject([{ settlement: { outcome: "delivered" } }]);
    await index.commit(step({ removed: [block(2)], added: [{ block: block(2, 1), events: [] }] }));
    expect(await index.settlementOf(idOf(1))).toBeNull();
    expect(await index.doubtful(Date.now() + 1, 10)).toMatchObject([{ settlement: null }]);
  });

  test("before its workflow was started leaves nothing to start", async () => {
    await index.commit(
      step({ added: [{ block: block(1), events: [opened(1, block(1)), delivered(1, block(1), 2)] }] }),
    );
    expect(await unstarted()).toEqual([]);
    expect(await index.settlementOf(idOf(1))).toMatchObject({ verdict: { outcome: "declined" } });
  });

  test("by refund is a rejection for a message that comes after it", async () => {
    const at = block(2);
    await index.commit(step({ added: [{ block: block(1), events: [opened(1, block(1))] }] }));
    const expired = { ...delivered(1, at), type: "RequestExpired" as const };
    await index.commit(step({ added: [{ block: at, events: [expired] }] }));
    expect(await index.settlementOf(idOf(1))).toMatchObject({ verdict: { outcome: "rejected", rejection: "expired" } });
  });
});

describe("what is said of an open request", () => {
  const start = (terms: Parameters<typeof opened>[2] = {}) =>
    index.commit(step({ added: [{ block: block(1), events: [opened(1, block(1), terms)] }], finalized: 1 }));
  const hear = (n: number, ...events: readonly ReturnType<typeof said>[]) =>
    index.commit(step({ added: [{ block: block(n), events }] }));
  const doubt = async () => (await index.doubtful(Date.now() + 1, 10))[0];

  test("a cancellation brings its closing time forward, for flows that run and that start; a reorganisation back", async () => {
    const deadline = Math.floor(Date.now() / 1000) + 9_000;
    const closeAt = deadline - 5_000;
    await start({ deadline });
    expect(await index.unstarted(1)).toMatchObject([{ closeAt: deadline }]);
    await hear(2, said(1, block(2), { type: "RequestCancelled", closeAt }));
    expect(await index.unstarted(1)).toMatchObject([{ closeAt }]);
    await index.noteStarted(idOf(1));
    expect(await doubt()).toMatchObject({ settlement: null, closesAt: closeAt * 1000 });
    await index.commit(step({ removed: [block(2)], added: [{ block: block(2, 1), events: [] }] }));
    // A flow that was told of the cancellation has to be told otherwise.
    expect(await doubt()).toMatchObject({ closesAt: deadline * 1000 });
    expect((await index.find(idOf(1)))?.close_at).toBe(deadline);
  });

  test("is known once, however often its step comes", async () => {
    await start();
    const topUp = said(1, block(2), { type: "RequestToppedUp", topUp: 5n });
    await hear(2, topUp);
    await hear(2, topUp);
    expect((await index.find(idOf(1)))?.top_up).toBe("5");
    await hear(3, said(1, block(3), { type: "RequestToppedUp", topUp: 12n }));
    expect((await index.find(idOf(1)))?.top_up).toBe("12");
    await index.commit(step({ removed: [block(3)], added: [{ block: block(3, 1), events: [] }] }));
    expect((await index.find(idOf(1)))?.top_up).toBe("5");
  });

  test("a top-up that reaches what was too little has it served after all", async () => {
    await start({ feeToken: `0x${"0d".repeat(20)}` });
    expect((await index.find(idOf(1)))?.refusal).toMatch(/asks 100 at least/);
    await hear(2, said(1, block(2), { type: "RequestToppedUp", topUp: 98n }));
    expect(await unstarted()).toEqual([]);
    await hear(3, said(1, block(3), { type: "RequestToppedUp", topUp: 99n }));
    expect(await unstarted()).toEqual([idOf(1)]);
  });
});

describe("filters that change", () => {
  const sender = (byte: string) => ({ senderAddress: `0x${byte.repeat(20)}` });
  const refusal = async (n: number) => (await index.find(idOf(n)))?.refusal;
  const open = (n: number, terms: Parameters<typeof opened>[2] = {}) =>
    index.commit(step({ added: [{ block: block(n), events: [opened(n, block(n), terms)] }] }));

  test("decide on what comes after them; what is served stays served", async () => {
    await open(1, { requester: "0a" });
    filters = { blacklist: [sender("0b"), sender("0a")] };
    await open(2, { requester: "0a" });
    await open(3, { requester: "0c" });
    expect(await refusal(2)).toBe("It matches the blacklist of this relayer's filters (blacklist.1).");
    expect(await unstarted()).toEqual([1, 3].map(idOf));
    expect(await index.reconsider()).toEqual([]);
    expect(await unstarted()).toEqual([1, 3].map(idOf));
  });

  test("have what they let through now taken up, where nothing else is against it", async () => {
    filters = { whitelist: [sender("0a")], blacklist: [sender("0d")] };
    await open(1, { requester: "0b" });
    await open(2, { requester: "0b", policyId: 7 });
    await open(3, { requester: "0c" });
    await open(4, { requester: "0d" });
    expect(await unstarted()).toEqual([]);
    filters = { whitelist: [sender("0a"), sender("0b"), sender("0d")], blacklist: [{ messageId: idOf(4) }] };
    const before = news;
    expect(await index.reconsider()).toEqual([idOf(1)]);
    expect(news).toBe(before + 1);
    expect(await unstarted()).toEqual([idOf(1)]);
    expect(await refusal(2)).toMatch(/Policy 7/);
    expect(await refusal(3)).toMatch(/whitelist\.0 to whitelist\.2/);
    expect(await refusal(4)).toMatch(/blacklist\.0/);
    expect(await index.reconsider()).toEqual([]);
    expect(news).toBe(before + 1);
  });

  test("leave alone what is over: settled, pending or past its closing time", async () => {
    filters = { blacklist: [{}] };
    const soon = Math.floor(Date.now() / 1000) + 600;
    for (const n of [1, 2, 3, 4]) await open(n, { deadline: soon });
    const events = [
      delivered(1, block(5)),
      delivered(2, block(5), 1, false),
      said(3, block(5), { type: "RequestCancelled", closeAt: soon - 700 }),
    ];
    await index.commit(step({ added: [{ block: block(5), events }] }));
    filters = {};
    expect(await index.reconsider()).toEqual([idOf(4)]);
    for (const n of [1, 2, 3]) expect(await refusal(n)).toMatch(/blacklist\.0/);
  });

  test("are asked of every request refused, however many", async () => {
    filters = { blacklist: [{}] };
    const events = Array.from({ length: 450 }, (_, i) => opened(i + 1, block(1)));
    await index.commit(step({ added: [{ block: block(1), events }], finalized: 1 }));
    filters = {};
    expect(await index.reconsider()).toHaveLength(450);
    expect(await unstarted(1_000)).toHaveLength(450);
  });

  test("count again when a request is topped up", async () => {
    filters = { blacklist: [sender("0a")] };
    await open(1, { requester: "0a", feeToken: `0x${"0d".repeat(20)}` });
    const topUp = said(1, block(2), { type: "RequestToppedUp", topUp: 100n });
    await index.commit(step({ added: [{ block: block(2), events: [topUp] }] }));
    expect(await refusal(1)).toMatch(/blacklist\.0/);
    filters = {};
    expect(await index.reconsider()).toEqual([idOf(1)]);
  });
});

describe("a result with a window", () => {
  const pend = async () => {
    await index.commit(step({ added: [{ block: block(1), events: [opened(1, block(1))] }], finalized: 1 }));
    const topUp = said(1, block(2), { type: "RequestToppedUp", topUp: 3n }, 0);
    await index.commit(step({ added: [{ block: block(2), events: [topUp, delivered(1, block(2), 1, false)] }] }));
  };
  const hear = (n: number, ...events: readonly ReturnType<typeof said>[]) =>
    index.commit(step({ added: [{ block: block(n), events }] }));

  test("is pending, not delivered, and all is kept that its finalisation presents", async () => {
    await pend();
    expect(await index.settlementOf(idOf(1))).toMatchObject({ verdict: { outcome: "pending", rejection: null } });
    expect((await index.find(idOf(1)))?.settled_as).toBeNull();
    expect(await index.resultOf(idOf(1))).toEqual({ status: 1, ...result, topUp: "3" });
    await index.noteStarted(idOf(1));
    expect(await index.doubtful(Date.now() + 1, 10)).toMatchObject([{ settlement: { outcome: "pending" } }]);
  });

  test("becomes delivered by its finalisation, whose callback counts", async () => {
    await pend();
    await hear(3, said(1, block(3), { type: "CallbackFailed", reason: "0x" }));
    expect(await index.settlementOf(idOf(1))).toMatchObject({ verdict: { outcome: "pending", callback: "failed" } });
    await hear(
      4,
      said(1, block(4), { type: "ResultFinalized" }, 1),
      said(1, block(4), { type: "CallbackSucceeded" }, 2),
    );
    const verdict = { outcome: "delivered", callback: "succeeded" };
    expect(await index.settlementOf(idOf(1))).toMatchObject({ verdict });
    await index.commit(step({ removed: [block(4)], added: [{ block: block(4, 1), events: [] }] }));
    expect(await index.settlementOf(idOf(1))).toMatchObject({ verdict: { outcome: "pending", callback: "failed" } });
  });

  test("that is overturned is declined, and kept as the consumer is told", async () => {
    await pend();
    await hear(3, said(1, block(3), { type: "ResultOverturned" }));
    expect(await index.settlementOf(idOf(1))).toMatchObject({ verdict: { outcome: "declined" } });
    expect(await index.resultOf(idOf(1))).toMatchObject({ status: 4 });
  });
});

describe("an output to be revealed", () => {
  const outbox = () => new SqlOutbox(store);
  const settle = async () => {
    const asked = opened(1, block(1), { outputMode: 1 });
    await index.commit(step({ added: [{ block: block(1), events: [asked] }], finalized: 1 }));
    await index.commit(step({ added: [{ block: block(2), events: [delivered(1, block(2))] }] }));
  };

  test("keeps the request going where this relayer has it, until it is public", async () => {
    await settle();
    expect(await unstarted()).toEqual([]);
    await outbox().enter({ kind: "evidence", lane: "celestia", requestId: idOf(1), attempt: 1, payload: {} }, "t");
    // Its flow was lost; another one has the output to reveal.
    expect(await unstarted()).toEqual([idOf(1)]);
    await index.noteSettled(idOf(1));
    expect((await index.find(idOf(1)))?.closed_at).toBeNull();
    const output = said(1, block(3), { type: "OutputRevealed", output: "0x6869" });
    await index.commit(step({ added: [{ block: block(3), events: [output] }] }));
    expect(await unstarted()).toEqual([]);
  });

  test("ends a request that nobody is called back for as soon as it is settled", async () => {
    const asked = opened(2, block(1));
    await index.commit(step({ added: [{ block: block(1), events: [asked] }], finalized: 1 }));
    await index.noteSettled(idOf(2));
    expect((await index.find(idOf(2)))?.closed_at).not.toBeNull();
  });
});

test("blocks far behind the cursor are forgotten", async () => {
  const added = Array.from({ length: 600 }, (_, i) => ({ block: block(i + 1), events: [] }));
  await index.commit(step({ added }));
  const kept = await index.recentBlocks("base");
  expect(kept[0]).toEqual(block(600));
  expect(kept.length).toBe(512);
  expect((await store.selectFrom("blocks").selectAll().execute()).length).toBeLessThan(520);
});
