import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { silentLog } from "@herald/wire/log";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createQuorumClient } from "../src/quorum/quorumClient.js";
import { watchGateway } from "../src/watch/gatewayWatcher.js";
import { LookPause } from "../src/watch/lookPause.js";
import { type Anvil, startAnvil } from "./support/anvil.js";
import { deployGateway, type GatewayFixture } from "./support/gatewayFixture.js";
import { MemoryStore } from "./support/memoryStore.js";

const CHAIN_ID = 31907;
const eventually = { timeout: 60_000, interval: 20 };

let anvil: Anvil;
let gateway: GatewayFixture;
let abort: AbortController;
let watching: Promise<void>;

beforeEach(async () => {
  anvil = await startAnvil(CHAIN_ID);
  gateway = await deployGateway(anvil);
  abort = new AbortController();
});
afterEach(async () => {
  abort.abort();
  await watching;
  await anvil.stop();
});

function watch(store: MemoryStore, webSocket: string, pollMs: number): void {
  const providers = [{ name: "a", url: anvil.url }];
  const quorum = { chain: "test", chainId: CHAIN_ID, providers, quorum: 1, unsafe: true, log: silentLog };
  watching = watchGateway({
    ...{ chain: "test", ref: gateway.ref, client: createQuorumClient(quorum), startBlock: gateway.startBlock },
    ...{ finality: { type: "latest", confirmations: 0 }, pollMs, webSocket, held: store.held },
    ...{ recentBlocks: store.recentBlocks, commit: store.commit, log: silentLog, signal: abort.signal },
  });
}

/** Longer than any test: what is seen was not found by polling. */
const NEVER_MS = 3_600_000;

test("a head on the websocket wakes the watcher at once, again after the connection was lost", async () => {
  const sockets = new Set<Socket>();
  const target = new URL(anvil.url);
  const relay = createServer((inbound) => {
    const outbound = connect(Number(target.port), target.hostname);
    for (const socket of [inbound, outbound]) {
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    }
    inbound.pipe(outbound).pipe(inbound);
    inbound.on("close", () => outbound.destroy());
    outbound.on("close", () => inbound.destroy());
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  // CAST: a TCP server's address is an AddressInfo.
  const { port } = relay.address() as AddressInfo;
  const store = new MemoryStore();
  watch(store, `ws://127.0.0.1:${port}`, NEVER_MS);
  // A block comes with every question, so that one is seen once the subscription stands.
  let asked = 0;
  const seesBlocks = async (): Promise<void> => {
    await expect
      .poll(async () => {
        const id = await gateway.ask(`question ${asked++}`);
        await expect.poll(() => store.open().includes(id), { timeout: 1_000, interval: 10 }).toBe(true);
        return true;
      }, eventually)
      .toBe(true);
  };
  await seesBlocks();
  for (const socket of sockets) socket.destroy();
  await expect.poll(() => sockets.size, eventually).toBeGreaterThan(0);
  await seesBlocks();
  abort.abort();
  await watching;
  await expect.poll(() => sockets.size, eventually).toBe(0);
  relay.close();
});

test("a websocket that is not there costs nothing but its hints", async () => {
  const store = new MemoryStore();
  watch(store, "ws://127.0.0.1:1", 20);
  const id = await gateway.ask("one");
  await expect.poll(() => store.open(), eventually).toEqual([id]);
});

test("hints that come to nothing cause two looks more a pause, and are heard again after it", async () => {
  watching = Promise.resolve();
  vi.useFakeTimers();
  try {
    const pause = new LookPause();
    for (let times = 0; times < 3; times++) {
      for (let look = 0; look < 2; look++) {
        pause.hint();
        await pause.wait(NEVER_MS, false, abort.signal);
      }
      let over = false;
      pause.hint();
      const waiting = pause.wait(1_000, false, abort.signal).then(() => {
        over = true;
      });
      pause.hint();
      await vi.advanceTimersByTimeAsync(999);
      expect(over).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      await waiting;
    }
    // One that was ahead of the providers: they are asked again soon.
    pause.hint();
    await pause.wait(NEVER_MS, false, abort.signal);
    const soon = pause.wait(NEVER_MS, false, abort.signal);
    await vi.advanceTimersByTimeAsync(50);
    await soon;
  } finally {
    vi.useRealTimers();
  }
});

test("a server that takes the connection and never answers does not hold up the end", async () => {
  const taken: Socket[] = [];
  const mute = createServer((socket) => taken.push(socket.on("error", () => undefined)));
  mute.listen(0, "127.0.0.1");
  await once(mute, "listening");
  // CAST: a TCP server's address is an AddressInfo.
  const { port } = mute.address() as AddressInfo;
  watch(new MemoryStore(), `ws://127.0.0.1:${port}`, 50);
  await expect.poll(() => taken.length, eventually).toBe(1);
  abort.abort();
  await watching;
  for (const socket of taken) socket.destroy();
  mute.close();
});
