import { silentLog } from "@herald/wire/log";
import { numberToHex } from "viem";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createQuorumClient } from "../src/quorum/quorumClient.js";
import { GatewayReader } from "../src/watch/gatewayReader.js";
import { type WatcherState, type WatchParameters, watchGateway } from "../src/watch/gatewayWatcher.js";
import type { WatcherStep } from "../src/watch/watcherStep.js";
import { type Anvil, clientsOf, startAnvil } from "./support/anvil.js";
import { type Behaviour, dead, type FaultyProxy, honest, startFaultyProxy } from "./support/faultyProxy.js";
import { deployGateway, type GatewayFixture, noise } from "./support/gatewayFixture.js";
import { MemoryStore } from "./support/memoryStore.js";

const CHAIN_ID = 31902;

let anvil: Anvil;
let proxies: readonly [FaultyProxy, FaultyProxy];
let gateway: GatewayFixture;
let control: ReturnType<typeof clientsOf>["control"];
const running: { readonly abort: AbortController; readonly done: Promise<void> }[] = [];

beforeEach(async () => {
  anvil = await startAnvil(CHAIN_ID);
  proxies = [await startFaultyProxy(anvil.url), await startFaultyProxy(anvil.url)];
  control = clientsOf(anvil).control;
  gateway = await deployGateway(anvil);
});
afterEach(async () => {
  await Promise.all(running.splice(0).map(stop));
  await Promise.all(proxies.map((proxy) => proxy.stop()));
  await anvil.stop();
});

async function stop(watcher: (typeof running)[number]): Promise<void> {
  watcher.abort.abort();
  await watcher.done;
}

/** A watcher as the relayer runs it, with its states in order. */
function watch(store: Pick<MemoryStore, "recentBlocks" | "commit" | "held">, more: Partial<WatchParameters> = {}) {
  const states: WatcherState[] = [];
  const abort = new AbortController();
  const providers = proxies.map(({ url }, i) => ({ name: `p${i}`, url }));
  const quorum = { chain: "test", chainId: CHAIN_ID, providers, quorum: 2, timeoutMs: 10_000, log: silentLog };
  const done = watchGateway({
    chain: "test",
    ref: gateway.ref,
    client: createQuorumClient(quorum),
    startBlock: gateway.startBlock,
    finality: { type: "latest", confirmations: 0 },
    pollMs: 20,
    recentBlocks: store.recentBlocks,
    held: store.held,
    commit: store.commit,
    onState: (state) => states.push(state),
    log: silentLog,
    signal: abort.signal,
    ...more,
  });
  const watcher = { abort, done, states, state: () => states.at(-1) };
  running.push(watcher);
  return watcher;
}

const headNumber = async () => (await clientsOf(anvil).client.getBlock()).number;
/** In parts, as anvil takes milliseconds for each block. */
async function mineLong(blocks: number): Promise<void> {
  for (let mined = 0; mined < blocks; mined += 50) await control.mine({ blocks: 50 });
}
const behaveBoth = (behaviour: Behaviour) => {
  for (const proxy of proxies) proxy.behave(behaviour);
};
const eventually = { timeout: 60_000, interval: 20 };

describe("reading a chain", () => {
  test("catches up in bounded steps, then lives on, and sees each request with all its parts", async () => {
    const ids = [await gateway.ask("one")];
    await control.mine({ blocks: 300 });
    ids.push(await gateway.ask("two"), await gateway.ask("three"));
    const store = new MemoryStore();
    const { states, state } = watch(store);
    await expect.poll(() => store.open(), eventually).toEqual(ids);
    await expect.poll(() => state()?.state, eventually).toBe("live");
    expect(states[0]?.state).toBe("catching-up");
    expect(store.steps.length).toBeGreaterThan(2);
    expect(Math.max(...store.steps.map((it) => it.added.length))).toBeLessThanOrEqual(128);

    ids.push(await gateway.ask("four"));
    await expect.poll(() => store.open(), eventually).toEqual(ids);
    const last = store.events.at(-1);
    expect(last).toMatchObject({ type: "RequestOpened", seq: 4n, input: "0x666f7572", context: "0x", id: ids[3] });
    expect(last?.type === "RequestOpened" && last.terms.workerFee).toBe(5n);
    const truth = await clientsOf(anvil).client.getBlock();
    expect(last?.block).toMatchObject({ number: truth.number, hash: truth.hash, timestamp: truth.timestamp });

    await gateway.expire(ids[3] ?? "0x");
    await expect.poll(() => store.events.at(-1), eventually).toMatchObject({ type: "RequestExpired", id: ids[3] });
  });

  test("leaps over what is long final by its logs alone, and goes on from there after a restart", async () => {
    const store = new MemoryStore();
    const ids = [await gateway.ask("one")];
    await mineLong(150);
    ids.push(await gateway.ask("two"), await gateway.ask("three"));
    await mineLong(750);
    const abort = new AbortController();
    const once = async (step: WatcherStep) => {
      await store.commit(step);
      abort.abort();
    };
    await watch({ ...store, commit: once }, { signal: abort.signal }).done;
    expect(store.steps.map((it) => it.isLeap)).toEqual([true]);
    expect(store.open()).toEqual(ids);
    expect(store.blocks).toHaveLength(1);

    const { state } = watch(store);
    await expect.poll(() => state()?.state, eventually).toBe("live");
    expect(store.open()).toEqual(ids);
    ids.push(await gateway.ask("four"));
    await expect.poll(() => store.open(), eventually).toEqual(ids);
    const reads = proxies[0].calls.filter((it) => it.method === "eth_getBlockByNumber");
    expect(reads.length).toBeLessThan(750);
    // The window up to the head is whole: what may be reorganised is known block by block.
    expect(store.blocks.length).toBeGreaterThanOrEqual(512);
  });

  test("asks little: one look at the head while nothing happens, and no logs of blocks that have none", async () => {
    const store = new MemoryStore();
    watch(store);
    await gateway.ask("one");
    await expect.poll(() => store.open().length, eventually).toBe(1);
    const [proxy] = proxies;
    // The one audit at the start is over.
    await expect.poll(() => proxy.calls.filter((it) => it.method === "eth_call").length, eventually).toBe(1);
    proxy.calls.length = 0;
    await control.mine({ blocks: 3 });
    const head = await headNumber();
    await expect.poll(() => store.blocks[0]?.number, eventually).toBe(head);
    await expect.poll(() => proxy.calls.length, eventually).toBeGreaterThan(20);
    const methods = new Set(proxy.calls.map((it) => it.method));
    expect([...methods]).toEqual(["eth_getBlockByNumber"]);
    const other = proxy.calls.filter((it) => it.params[0] !== "latest");
    expect(other.length).toBeLessThanOrEqual(3);
  });

  test("waits for a chain that has not reached the first block yet", async () => {
    const store = new MemoryStore();
    const startBlock = (await headNumber()) + 3n;
    const { states } = watch(store, { startBlock });
    await expect.poll(() => states.length, eventually).toBeGreaterThan(0);
    expect(store.steps).toEqual([]);
    await control.mine({ blocks: 4 });
    await expect.poll(() => store.blocks.at(-1)?.number, eventually).toBe(startBlock);
  });
});

describe("finality", () => {
  test.each([
    { finality: { type: "latest", confirmations: 2 } as const, expected: async () => (await headNumber()) - 2n },
    { finality: { type: "safe" } as const, expected: () => tagged("safe") },
    { finality: { type: "finalized" } as const, expected: () => tagged("finalized") },
  ])("by $finality.type", async ({ finality, expected }) => {
    const store = new MemoryStore();
    watch(store, { finality });
    const id = await gateway.ask("one");
    await expect.poll(() => store.open(), eventually).toEqual([id]);
    expect(store.requests.get(id)?.final).toBe(false);
    await control.mine({ blocks: 2 });
    await expect.poll(() => store.requests.get(id)?.final, eventually).toBe(true);
    const truth = await expected();
    await expect.poll(() => store.steps.at(-1)?.finalized.number, eventually).toBe(truth);
  });

  const tagged = async (blockTag: "safe" | "finalized") =>
    (await clientsOf(anvil).client.getBlock({ blockTag })).number;

  test("is not taken from a chain that is not the one read", async () => {
    const store = new MemoryStore();
    const id = await gateway.ask("one");
    await control.mine({ blocks: 4 });
    behaveBoth(async (call, forward) => {
      const reply = await forward(call);
      if (call.params[0] !== "finalized" || !("result" in reply)) return reply;
      return { result: Object.assign({}, reply.result, { hash: noise(1) }) };
    });
    const { state } = watch(store, { finality: { type: "finalized" } });
    await expect.poll(() => state()?.code, eventually).toBe("WATCH_FINALITY_MISMATCH");
    expect(store.steps).toEqual([]);
    behaveBoth(honest);
    await expect.poll(() => store.requests.get(id)?.final, eventually).toBe(true);
  });
});

describe("restarts", () => {
  test("go on from the cursor and read nothing twice", async () => {
    const store = new MemoryStore();
    const first = watch(store);
    const ids = [await gateway.ask("one")];
    await expect.poll(() => store.open(), eventually).toEqual(ids);
    await stop(first);
    const cursor = store.blocks[0]?.number ?? 0n;
    ids.push(await gateway.ask("two"), await gateway.ask("three"));
    proxies[0].calls.length = 0;
    watch(store);
    await expect.poll(() => store.open(), eventually).toEqual(ids);
    const numbers = proxies[0].calls.flatMap((it) => (/^0x/.test(String(it.params[0])) ? [Number(it.params[0])] : []));
    expect(Math.min(...numbers)).toBeGreaterThan(Number(cursor));
    expect(store.events.filter((it) => it.type === "RequestOpened")).toHaveLength(3);
  });

  /** Ways to die around the n-th call to the store: nothing after it happens, whether or not the store took the step. */
  const deaths = ["before reading", "after reading", "before committing", "after committing"] as const;
  const forever = () => new Promise<never>(() => undefined);

  test.each(deaths)("after a kill -9 %s neither lose nor repeat a request", async (death) => {
    const store = new MemoryStore();
    const ids = [await gateway.ask("first")];
    for (let life = 0; life < 6; life++) {
      let calls = 0;
      let died = false;
      // The process is gone: the call never returns, and nothing is waited for.
      const die = () => {
        died = true;
        return forever();
      };
      const at = life % 3;
      const abort = new AbortController();
      void watchGatewayUntil(abort.signal, {
        held: store.held,
        recentBlocks: async () => {
          if (death === "before reading" && calls++ === 0) return await die();
          const blocks = await store.recentBlocks();
          return death === "after reading" ? await die() : blocks;
        },
        commit: async (step) => {
          const doomed = calls++ === at;
          if (death === "before committing" && doomed) return await die();
          await store.commit(step);
          if (death === "after committing" && doomed) return await die();
        },
      });
      await expect
        .poll(async () => {
          if (!died) ids.push(await gateway.ask(`${death} ${life} ${ids.length}`));
          return died;
        }, eventually)
        .toBe(true);
      abort.abort();
    }
    watch(store);
    await expect.poll(() => store.open(), eventually).toEqual(ids);
    expect(new Set(store.events.map((it) => `${it.block.hash} ${it.logIndex}`)).size).toBe(store.events.length);
  });

  function watchGatewayUntil(signal: AbortSignal, store: Pick<WatchParameters, "recentBlocks" | "commit" | "held">) {
    const providers = proxies.map(({ url }, i) => ({ name: `p${i}`, url }));
    return watchGateway({
      chain: "test",
      ref: gateway.ref,
      client: createQuorumClient({ chain: "test", chainId: CHAIN_ID, providers, quorum: 2, log: silentLog }),
      startBlock: gateway.startBlock,
      finality: { type: "latest", confirmations: 0 },
      pollMs: 5,
      log: silentLog,
      signal,
      ...store,
    });
  }

  test("are not needed for a store that fails: each refusal is tried again, taken steps are not repeated", async () => {
    const store = new MemoryStore();
    const ids = [await gateway.ask("one")];
    const calls = { read: 0, before: 0, after: 0 };
    const failEverySecond = (call: keyof typeof calls) => {
      calls[call] += 1;
      if (calls[call] % 2 === 1) throw new Error("SQLITE_BUSY: database is locked");
    };
    const { states, state } = watch({
      held: store.held,
      recentBlocks: async () => {
        failEverySecond("read");
        return await store.recentBlocks();
      },
      commit: async (step) => {
        failEverySecond("before");
        await store.commit(step);
        failEverySecond("after");
      },
    });
    for (const question of ["two", "three", "four"]) {
      ids.push(await gateway.ask(question));
      await expect.poll(() => store.open(), eventually).toEqual(ids);
    }
    expect(states.some((it) => it.state === "stopped" && it.reason.includes("SQLITE_BUSY"))).toBe(true);
    await expect.poll(() => state()?.state, eventually).toBe("live");
    expect(store.events).toHaveLength(4);
  });
});

describe("reorganisations", () => {
  test("park what left, and take it up again where it comes back", async () => {
    const store = new MemoryStore();
    watch(store);
    const kept = await gateway.ask("kept");
    const snapshot = await control.snapshot();
    const moved = await gateway.ask("moved");
    const lost = await gateway.ask("lost");
    await expect.poll(() => store.open(), eventually).toEqual([kept, moved, lost]);
    const before = store.requests.get(moved)?.blockHash;

    await control.revert({ id: snapshot });
    // Two other blocks first, so that the request returns in another one, at another height.
    await control.mine({ blocks: 2 });
    expect(await gateway.ask("moved")).toBe(moved);
    const after = await gateway.ask("new");
    await expect.poll(() => store.open(), eventually).toEqual([kept, moved, after]);
    expect(store.requests.get(moved)?.blockHash).not.toBe(before);
    expect(store.requests.get(lost)?.parked).toBe(true);
    const step = store.steps.find((it) => it.removed.length > 0);
    expect(step?.removed.map((it) => it.number)).toEqual(
      [...(step?.removed ?? [])].map((it) => it.number).sort((a, b) => Number(b - a)),
    );
  });

  test("that happened while it was away are found however far the chain has come since", async () => {
    const store = new MemoryStore();
    const first = watch(store);
    const snapshot = await control.snapshot();
    const lost = await gateway.ask("lost");
    await expect.poll(() => store.open(), eventually).toEqual([lost]);
    await stop(first);
    await control.revert({ id: snapshot });
    // Another block at that height.
    await control.mine({ blocks: 1, interval: 7 });
    await mineLong(900);
    const there = await gateway.ask("there");
    watch(store);
    await expect.poll(() => store.open(), eventually).toEqual([there]);
    expect(store.requests.get(lost)?.parked).toBe(true);
    expect(store.steps.some((it) => it.isLeap)).toBe(true);
  });

  test("of several blocks at once, as a node makes them", async () => {
    const store = new MemoryStore();
    watch(store);
    const kept = await gateway.ask("kept");
    await control.mine({ blocks: 3 });
    const gone = await gateway.ask("gone");
    await control.mine({ blocks: 2 });
    await expect.poll(() => store.open(), eventually).toEqual([kept, gone]);
    const head = await headNumber();
    await expect.poll(() => store.blocks[0]?.number, eventually).toBe(head);
    await control.request({ method: "anvil_reorg", params: [4, []] });
    await expect.poll(() => store.requests.get(gone)?.parked, eventually).toBe(true);
    expect(store.open()).toEqual([kept]);
    const next = await gateway.ask("next");
    await expect.poll(() => store.open(), eventually).toEqual([kept, next]);
  });

  test("while it was down", async () => {
    const store = new MemoryStore();
    const first = watch(store);
    const snapshot = await control.snapshot();
    const gone = await gateway.ask("gone");
    await expect.poll(() => store.open(), eventually).toEqual([gone]);
    await stop(first);
    await control.revert({ id: snapshot });
    await control.mine({ blocks: 200 });
    const here = await gateway.ask("here");
    watch(store);
    await expect.poll(() => store.open(), eventually).toEqual([here]);
    expect(store.requests.get(gone)?.parked).toBe(true);
  });

  test("deeper than what is kept stop the lane with a reason and touch nothing", async () => {
    const store = new MemoryStore(4);
    const { state } = watch(store);
    await control.mine({ blocks: 3 });
    const snapshot = await control.snapshot();
    const id = await gateway.ask("one");
    await control.mine({ blocks: 8 });
    const head = await headNumber();
    await expect.poll(() => store.blocks[0]?.number, eventually).toBe(head);
    await stop(running[0] ?? expect.fail("no watcher"));
    await control.revert({ id: snapshot });
    await control.mine({ blocks: 30 });
    const steps = store.steps.length;
    const second = watch(store);
    await expect.poll(() => second.state()?.code, eventually).toBe("WATCH_REORG_TOO_DEEP");
    expect(second.state()).toMatchObject({ state: "stopped", actor: "operator" });
    expect(second.state()?.nextAttemptAt).toBeGreaterThan(0);
    expect(state()?.state).toBe("live");
    expect(store.steps).toHaveLength(steps);
    expect(store.open()).toEqual([id]);
  });
});

describe("providers", () => {
  test("that die stop the lane with a reason, and it resumes by itself", async () => {
    const store = new MemoryStore();
    const { state } = watch(store);
    const ids = [await gateway.ask("one")];
    await expect.poll(() => store.open(), eventually).toEqual(ids);
    proxies[1].behave(dead);
    await expect.poll(() => state()?.code, eventually).toBe("CHAIN_QUORUM_UNAVAILABLE");
    expect(state()).toMatchObject({ state: "stopped", actor: "upstream" });
    ids.push(await gateway.ask("two"));
    expect(store.open()).toHaveLength(1);
    proxies[1].behave(honest);
    await expect.poll(() => store.open(), eventually).toEqual(ids);
    await expect.poll(() => state()?.state, eventually).toBe("live");
  });

  test("that fall back behind what they showed are waited for, not taken for a reorganisation", async () => {
    const store = new MemoryStore();
    const { state } = watch(store);
    await control.mine({ blocks: 40 });
    const id = await gateway.ask("one");
    await expect.poll(() => store.open(), eventually).toEqual([id]);
    const old = `0x${((await headNumber()) - 30n).toString(16)}`;
    behaveBoth(async (call, forward) =>
      call.params[0] === "latest" ? await forward({ ...call, params: [old, false] }) : await forward(call),
    );
    await expect.poll(() => state()?.code, eventually).toBe("WATCH_PROVIDERS_BEHIND");
    expect(store.steps.every((it) => it.removed.length === 0)).toBe(true);
    behaveBoth(honest);
    await expect.poll(() => state()?.state, eventually).toBe("live");
    expect(store.open()).toEqual([id]);
  });

  /** Shows the true logs, changed. */
  const showing =
    (change: (log: Record<string, unknown>) => Record<string, unknown> | undefined): Behaviour =>
    async (call, forward) => {
      const reply = await forward(call);
      if (call.method !== "eth_getLogs" || !("result" in reply) || !Array.isArray(reply.result)) return reply;
      return { result: reply.result.flatMap((log) => change(log) ?? []) };
    };
  const otherInput = (log: Record<string, unknown>) => ({ ...log, data: String(log.data).replace("6f6e65", "74776f") });

  test("of which one shows a forged request are not believed", async () => {
    const store = new MemoryStore();
    proxies[0].behave(showing(otherInput));
    const { state } = watch(store);
    const id = await gateway.ask("one");
    await expect.poll(() => state()?.code, eventually).toBe("CHAIN_QUORUM_DISAGREEMENT");
    expect(state()).toMatchObject({ state: "stopped", actor: "operator" });
    expect(store.events).toEqual([]);
    proxies[0].behave(honest);
    await expect.poll(() => store.open(), eventually).toEqual([id]);
  });

  test.each([
    ["an input that does not hash to the terms", otherInput],
    [
      "terms that do not hash to the id",
      (log: Record<string, unknown>) => ({ ...log, data: twist(String(log.data), 64 * 5) }),
    ],
    [
      "another id",
      (log: Record<string, unknown>) => ({
        ...log,
        topics: [...topicsOf(log).slice(0, 1), noise(7), ...topicsOf(log).slice(2)],
      }),
    ],
    ["a log of another block", (log: Record<string, unknown>) => ({ ...log, blockHash: noise(8) })],
    [
      "a log of another contract",
      (log: Record<string, unknown>) => ({ ...log, address: "0x00000000000000000000000000000000000000cc" }),
    ],
    ["a torn log", (log: Record<string, unknown>) => ({ ...log, data: String(log.data).slice(0, 66) })],
  ])("that conspire to show %s are caught by the watcher itself", async (_, forge) => {
    const store = new MemoryStore();
    behaveBoth(showing(forge));
    const { state } = watch(store);
    const id = await gateway.ask("one");
    await expect.poll(() => state()?.code, eventually).toBe("WATCH_EVENT_INVALID");
    expect(store.events).toEqual([]);
    behaveBoth(honest);
    await expect.poll(() => store.open(), eventually).toEqual([id]);
  });

  test("that leave out a request are found out by the next one, and both are read then", async () => {
    const store = new MemoryStore();
    const { state } = watch(store);
    const ids = [await gateway.ask("one")];
    await expect.poll(() => store.open(), eventually).toEqual(ids);
    // The audit at the start is over, the next one is far away.
    await expect.poll(() => proxies[0].calls.some((it) => it.method === "eth_call"), eventually).toBe(true);
    behaveBoth(showing((log) => (topicsOf(log)[2] === seqTopic(2n) ? undefined : log)));
    ids.push(await gateway.ask("two"));
    const head = await headNumber();
    await expect.poll(() => store.blocks[0]?.number, eventually).toBe(head);
    expect(store.open()).toHaveLength(1);
    ids.push(await gateway.ask("three"));
    await expect.poll(() => state()?.code, eventually).toBe("WATCH_SEQ_GAP");
    expect(store.open()).toHaveLength(1);
    behaveBoth(honest);
    await expect.poll(() => store.open(), eventually).toEqual(ids);
    await expect.poll(() => state()?.state, eventually).toBe("live");
  });

  test("that leave out a request in blocks already committed make those be read again", async () => {
    const store = new MemoryStore();
    const first = await gateway.ask("one");
    let hide = true;
    const hidden = await gateway.ask("two");
    behaveBoth(showing((log) => (hide && topicsOf(log)[1] === hidden ? undefined : log)));
    // The last request of the chain is missing: only the gateway's own count tells.
    const { state } = watch(store);
    await expect.poll(() => state()?.code, eventually).toBe("WATCH_SEQ_GAP");
    expect(state()?.actor).toBe("operator");
    expect(store.open()).toEqual([first]);
    const steps = store.steps.length;
    await expect.poll(() => state()?.nextAttemptAt, eventually).toBeGreaterThan(Date.now());
    expect(store.steps).toHaveLength(steps);
    hide = false;
    await expect.poll(() => store.open(), eventually).toEqual([first, hidden]);
    await expect.poll(() => state()?.state, eventually).toBe("live");
    const third = await gateway.ask("three");
    await expect.poll(() => store.open(), eventually).toEqual([first, hidden, third]);
  });

  test("that leave out a request of long ago are found out before the cursor leaves it behind", async () => {
    const store = new MemoryStore();
    const ids = [await gateway.ask("one"), await gateway.ask("two")];
    behaveBoth(showing((log) => (topicsOf(log)[1] === ids[1] ? undefined : log)));
    await mineLong(750);
    const { state } = watch(store);
    await expect.poll(() => state()?.code, eventually).toBe("WATCH_SEQ_GAP");
    expect(store.steps).toEqual([]);
    behaveBoth(honest);
    await expect.poll(() => state()?.state, eventually).toBe("live");
    expect(store.open()).toEqual(ids);
  });

  test("that leave out a request are found out after a restart too, however soon it comes", async () => {
    const store = new MemoryStore();
    const first = watch(store);
    const shown = await gateway.ask("one");
    await expect.poll(() => store.open(), eventually).toEqual([shown]);
    // The audit at the start is over, the next one is far away.
    await expect.poll(() => proxies[0].calls.some((it) => it.method === "eth_call"), eventually).toBe(true);
    behaveBoth(showing((log) => (topicsOf(log)[2] === seqTopic(2n) ? undefined : log)));
    const hidden = await gateway.ask("two");
    const head = await headNumber();
    await expect.poll(() => store.blocks[0]?.number, eventually).toBe(head);
    await stop(first);
    expect(store.open()).toEqual([shown]);
    const { state } = watch(store);
    await expect.poll(() => state()?.code, eventually).toBe("WATCH_SEQ_GAP");
    behaveBoth(honest);
    await expect.poll(() => store.open(), eventually).toEqual([shown, hidden]);
    await expect.poll(() => state()?.state, eventually).toBe("live");
  });

  test("that leave out a request are audited also where a block comes before every look", async () => {
    const store = new MemoryStore();
    const client = createQuorumClient({
      ...{ chain: "test", chainId: CHAIN_ID, quorum: 2, log: silentLog },
      providers: proxies.map(({ url }, i) => ({ name: `p${i}`, url })),
    });
    const reader = new GatewayReader({
      ...{ chain: "test", ref: gateway.ref, client, startBlock: gateway.startBlock, held: store.held },
      ...{ finality: { type: "latest", confirmations: 0 }, log: silentLog },
    });
    behaveBoth(showing(() => undefined));
    await gateway.ask("one");
    const look = await reader.look([]);
    await control.mine({ blocks: 1 });
    await expect(reader.look(look.kind === "step" ? look.known : [])).rejects.toMatchObject({ code: "WATCH_SEQ_GAP" });
  });

  test("whose blooms deny a request are found out, and the logs are read all the same", async () => {
    const store = new MemoryStore();
    const id = await gateway.ask("one");
    behaveBoth(async (call, forward) => {
      const reply = await forward(call);
      if (!call.method.startsWith("eth_getBlock") || !("result" in reply)) return reply;
      return { result: Object.assign({}, reply.result, { logsBloom: `0x${"00".repeat(256)}` }) };
    });
    const { states, state } = watch(store);
    await expect.poll(() => store.open(), eventually).toEqual([id]);
    expect(states.map((it) => it.code)).toContain("WATCH_SEQ_GAP");
    await expect.poll(() => state()?.state, eventually).toBe("live");
  });

  test("of a chain without the gateway are reported", async () => {
    const store = new MemoryStore();
    const ref = { ...gateway.ref, gateway: "0x00000000000000000000000000000000000000dd" } as const;
    const { state } = watch(store, { ref });
    await expect.poll(() => state()?.code, eventually).toBe("WATCH_GATEWAY_MISSING");
  });
});

function topicsOf(log: Record<string, unknown>): readonly unknown[] {
  return Array.isArray(log.topics) ? log.topics : [];
}

function seqTopic(seq: bigint): string {
  return numberToHex(seq, { size: 32 });
}

/** Changes one digit, where there is one. */
function twist(data: string, at: number): string {
  if (at >= data.length) return data;
  const digit = data[at] === "1" ? "2" : "1";
  return `${data.slice(0, at)}${digit}${data.slice(at + 1)}`;
}
