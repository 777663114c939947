import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createQuorumClient } from "@herald/chains/quorum/quorumClient";
import { type WatcherState, watchGateway } from "@herald/chains/watch/gatewayWatcher";
import { readTransactionEvents, type TransactionEvents } from "@herald/chains/watch/transactionEvents";
import { parseRequestId } from "@herald/wire/ids";
import { silentLog } from "@herald/wire/log";
import type { Hex } from "viem";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Anvil, clientsOf, startAnvil } from "../../chains/test/support/anvil.js";
import { type FaultyProxy, honest, lying, startFaultyProxy } from "../../chains/test/support/faultyProxy.js";
import { deployGateway, type GatewayFixture } from "../../chains/test/support/gatewayFixture.js";
import { createHandIntake } from "../src/service/handIntake.js";
import { openStore, type Store } from "../src/store/openStore.js";
import { RequestIndex } from "../src/store/requestIndex.js";
import { block, delivered, idOf, opened, said, step } from "./exampleStep.js";

let folder: string;
let store: Store;
let index: RequestIndex;
let news: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "herald-hand-"));
  store = await openStore(join(folder, "relayer.sqlite"));
  news = 0;
  index = new RequestIndex(
    store,
    {},
    () => null,
    { maxUnfinal: 9, maxUnfinalPerRequester: 9 },
    () => {
      news += 1;
    },
  );
});
afterEach(async () => {
  await store.destroy();
  rmSync(folder, { recursive: true });
});

const unstarted = async () => (await index.unstarted(10)).map((it) => it.requestId);

describe("a transaction taken in", () => {
  const at = block(5);
  const seen = (more: Partial<TransactionEvents> = {}): TransactionEvents => ({
    chain: "base",
    block: at,
    isFinal: true,
    events: [opened(1, at)],
    states: new Map([[parseRequestId(idOf(1)), "open"]]),
    ...more,
  });

  test("starts its request once, whether the watcher comes before or after", async () => {
    expect(await index.take(seen())).toEqual([{ requestId: idOf(1), result: "taken" }]);
    expect(news).toBe(1);
    expect(await unstarted()).toEqual([idOf(1)]);
    expect((await index.find(idOf(1)))?.final_at).not.toBeNull();
    await index.noteStarted(idOf(1));
    await index.commit(step({ added: [{ block: at, events: [opened(1, at)] }], finalized: 5 }));
    expect(await index.take(seen())).toEqual([{ requestId: idOf(1), result: "known" }]);
    expect(await unstarted()).toEqual([]);
    expect((await index.find(idOf(1)))?.final_at).not.toBeNull();
  });

  test("of a block that may still leave the chain is taken only where the watcher would park it", async () => {
    await expect(index.take(seen({ isFinal: false }))).rejects.toMatchObject({ code: "INTAKE_BLOCK_NOT_FINAL" });
    expect(await index.find(idOf(1))).toBeUndefined();
    await index.commit(step({ added: [{ block: at, events: [] }] }));
    expect(await index.take(seen({ isFinal: false }))).toEqual([{ requestId: idOf(1), result: "taken" }]);
    expect((await index.find(idOf(1)))?.final_at).toBeNull();
    await index.commit(step({ removed: [at], added: [{ block: block(5, 1), events: [] }], finalized: 5 }));
    expect(await index.find(idOf(1))).toMatchObject({ parked: 1, final_at: null });
    // It came back in a block that is final.
    const back = block(6, 1);
    expect(await index.take(seen({ block: back, events: [opened(1, back)] }))).toMatchObject([{ result: "taken" }]);
    expect(await unstarted()).toEqual([idOf(1)]);
  });

  test("is joined with what the watcher heard of its request already", async () => {
    const later = block(6);
    await index.commit(step({ added: [{ block: later, events: [delivered(1, later)] }] }));
    await index.take(seen());
    expect(await index.find(idOf(1))).toMatchObject({ settled_as: "delivered" });
    expect(await unstarted()).toEqual([]);
  });

  test("whose request is settled on its chain starts nothing", async () => {
    const states = new Map([[parseRequestId(idOf(1)), "expired"]] as const);
    expect(await index.take(seen({ states }))).toEqual([{ requestId: idOf(1), result: "settled" }]);
    expect((await index.find(idOf(1)))?.refusal).toContain("expired");
    // This relayer would serve it, were it open.
    expect(await index.reconsider()).toEqual([]);
    expect(await unstarted()).toEqual([]);
    expect(await index.countUpTo("base", at)).toBe(1n);
    expect(await index.countUpTo("base", block(4))).toBe(0n);
    expect(await index.transactionsIn("base", at)).toHaveLength(1);
    // A reorganisation that parks it takes it out of the count.
    await index.commit(step({ removed: [at] }));
    expect(await index.countUpTo("base", at)).toBe(0n);
    expect(await index.transactionsIn("base", at)).toEqual([]);
  });

  test("may be what was said later, such as a top-up", async () => {
    await index.take(seen());
    const topUp = said(1, at, { type: "RequestToppedUp", topUp: 7n }, 2);
    for (let again = 0; again < 2; again++) {
      expect(await index.take(seen({ events: [topUp], states: new Map() }))).toEqual([]);
      expect((await index.find(idOf(1)))?.top_up).toBe("7");
    }
  });
});

describe("a request every provider hides", () => {
  const CHAIN_ID = 31906;
  let anvil: Anvil;
  let proxies: readonly FaultyProxy[];
  let gateway: GatewayFixture;
  let stop: AbortController;
  let watching: Promise<void>;
  let state: WatcherState | undefined;

  beforeEach(async () => {
    anvil = await startAnvil(CHAIN_ID);
    proxies = [await startFaultyProxy(anvil.url), await startFaultyProxy(anvil.url)];
    gateway = await deployGateway(anvil);
    stop = new AbortController();
  });
  afterEach(async () => {
    stop.abort();
    await watching;
    await Promise.all(proxies.map((proxy) => proxy.stop()));
    await anvil.stop();
  });

  test("is taken in by its transaction, the lane goes on, and it is there once when they show it", async () => {
    const providers = proxies.map(({ url }, i) => ({ name: `p${i}`, url }));
    const client = createQuorumClient({ chain: "base", chainId: CHAIN_ID, providers, quorum: 2, log: silentLog });
    const finality = { type: "latest", confirmations: 0 } as const;
    const lane = { client, chain: "base", ref: gateway.ref, finality };
    const intake = createHandIntake(
      [{ name: "base", readTransaction: (txHash: Hex) => readTransactionEvents({ ...lane, txHash }) }],
      index,
      silentLog,
    );
    for (const proxy of proxies) proxy.behave(lying("eth_getLogs", () => []));
    const id = await gateway.ask("one");
    const txHash = (await clientsOf(anvil).client.getBlock()).transactions[0] ?? "0x";
    watching = watchGateway({
      ...lane,
      startBlock: gateway.startBlock,
      pollMs: 20,
      held: index,
      recentBlocks: (chain) => index.recentBlocks(chain),
      commit: (it) => index.commit(it),
      onState: (it) => {
        state = it;
      },
      log: silentLog,
      signal: stop.signal,
    });
    const eventually = { timeout: 60_000, interval: 20 };
    await expect.poll(() => state?.code, eventually).toBe("WATCH_SEQ_GAP");
    expect(await unstarted()).toEqual([]);

    const both = await Promise.allSettled([intake("base", txHash), intake("base", txHash)]);
    expect(both).toMatchObject([{ value: [{ requestId: id, result: "taken" }] }, { reason: { code: "INTAKE_BUSY" } }]);
    expect(await unstarted()).toEqual([id]);
    expect(await intake("base", txHash)).toEqual([{ requestId: id, result: "known" }]);
    await expect(intake("nowhere", txHash)).rejects.toMatchObject({ code: "INTAKE_CHAIN_UNKNOWN", actor: "user" });
    await expect(intake("base", "0x12")).rejects.toMatchObject({ code: "INTAKE_HASH_INVALID", actor: "user" });

    // They go on hiding it: what is held makes the count whole, and the lane goes on.
    await expect.poll(() => state?.state, eventually).toBe("live");
    for (const proxy of proxies) proxy.behave(honest);
    const next = await gateway.ask("two");
    await expect.poll(unstarted, eventually).toEqual([id, next]);
    expect(state?.state).toBe("live");
    expect(await index.find(id)).toMatchObject({ parked: 0, seq: 1 });
  });
});
