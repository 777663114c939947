import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { silentLog } from "@herald/wire/log";
import { type LocalAccount, type PublicClient, parseGwei } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTransactionSender } from "../src/send/transactionSender.js";
import { type Anvil, clientsOf, fundedAccount, startAnvil } from "./support/anvil.js";
import { MortalProcess } from "./support/crashing.js";
import { effectOf, effectsOf, ledgerAddress, ledgerCode } from "./support/ledger.js";
import { MemoryTransactionStore } from "./support/memoryTransactionStore.js";
import { until } from "./support/mining.js";

const chain = "crash";
let anvil: Anvil;
let client: PublicClient;
let control: ReturnType<typeof clientsOf>["control"];
let mining: Promise<void>;
const stopMining = new AbortController();

beforeAll(async () => {
  anvil = await startAnvil(31_202, "--no-mining");
  ({ client, control } = clientsOf(anvil));
  await control.setCode({ address: ledgerAddress, bytecode: ledgerCode });
  mining = (async () => {
    while (!stopMining.signal.aborted) {
      await control.mine({ blocks: 1 });
      await delay(60);
    }
  })();
});
afterAll(async () => {
  stopMining.abort();
  await mining;
  await anvil?.stop();
});

/** Runs one process over the store until it dies or `ids` are all sent, however often they must be asked for. */
async function runProcess(
  account: LocalAccount,
  store: MemoryTransactionStore,
  ids: readonly string[],
  diesAt: number,
): Promise<MortalProcess> {
  const process = new MortalProcess(store, client, diesAt);
  const { signal } = process;
  const times = { pollMs: 15, escalateAfterMs: 250, rebroadcastAfterMs: 60 };
  const { chainId } = anvil;
  const wired = { chain, chainId, account, store: process.store, client: process.client, log: silentLog, signal };
  const sender = createTransactionSender({ ...wired, ...times });
  const ask = async (id: string) => {
    // As the outbox does: an error is no end, it asks again.
    while (!signal.aborted) {
      const call = { id, to: ledgerAddress, data: effectOf(id) };
      const done = await sender.send(call).then(
        () => true,
        () => false,
      );
      if (done) return;
      await delay(10);
    }
  };
  const died = signal.aborted ? Promise.resolve() : once(signal, "abort");
  await Promise.race([died, Promise.all(ids.map(ask))]);
  return process;
}

async function expectOneEffectEach(ids: readonly string[]): Promise<void> {
  const effects = await Promise.all(ids.map(async (id) => [id, await effectsOf(client, id)] as const));
  expect(effects).toEqual(ids.map((id) => [id, 1]));
}

describe("a crash at any boundary", () => {
  it("leaves each id with exactly one effect after the next start", async () => {
    const account = await fundedAccount(anvil);
    const whole = await runProcess(
      account,
      new MemoryTransactionStore(),
      ["whole/a", "whole/b"],
      Number.POSITIVE_INFINITY,
    );
    whole.end();
    expect(whole.crossings).toBeGreaterThan(10);
    // A few more than an undisturbed run has, since polls differ; whoever lives to the end dies at none, which is fine.
    const points = Array.from({ length: whole.crossings + 2 }, (_, i) => i + 1);
    let deaths = 0;
    await Promise.all(
      points.map(async (diesAt) => {
        const own = await fundedAccount(anvil);
        const store = new MemoryTransactionStore();
        const ids = [`crash/${diesAt}/a`, `crash/${diesAt}/b`];
        const first = await runProcess(own, store, ids, diesAt);
        if (first.signal.aborted) deaths++;
        first.end();
        (await runProcess(own, store, ids, Number.POSITIVE_INFINITY)).end();
        await expectOneEffectEach(ids);
        expect(await client.getTransactionCount({ address: own.address })).toBe(ids.length);
      }),
    );
    expect(deaths).toBeGreaterThanOrEqual(whole.crossings - 4);
  });
});

/** A small generator with a seed, so that a failure can be repeated (mulberry32). */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

describe("crashes, dropped and foreign transactions in any order", () => {
  const seeds = Array.from({ length: 40 }, (_, i) => i + 1);

  /** Troubles the account's transactions while a process lives. */
  async function disturb(
    account: LocalAccount,
    store: MemoryTransactionStore,
    pick: (n: number) => number,
    signal: AbortSignal,
  ) {
    while (!signal.aborted) {
      await delay(20 + pick(60));
      const waiting = store.all.filter((it) => it.state === "signed");
      const victim = waiting[pick(waiting.length || 1)];
      const hash = victim?.attempts.at(-1)?.hash;
      const what = pick(4);
      if (what === 0 && hash !== undefined) await control.dropTransaction({ hash }).catch(() => undefined);
      if (what === 1) {
        const nonce = await client.getTransactionCount({ address: account.address });
        const fees = { maxFeePerGas: parseGwei("60"), maxPriorityFeePerGas: parseGwei("50") };
        const stranger = clientsOf(anvil).walletOf(account);
        await stranger.sendTransaction({ to: account.address, nonce, gas: 21_000n, ...fees }).catch(() => undefined);
      }
    }
  }

  async function runSeed(seed: number): Promise<void> {
    const pick = random(seed);
    const account = await fundedAccount(anvil);
    const store = new MemoryTransactionStore();
    const ids = Array.from({ length: 2 + pick(4) }, (_, i) => `seed/${seed}/${i}`);
    for (let lives = 1 + pick(3); lives > 0; lives--) {
      const trouble = new AbortController();
      const disturbing = disturb(account, store, pick, trouble.signal);
      const dead = await runProcess(account, store, ids.slice(0, 1 + pick(ids.length)), 1 + pick(40));
      dead.end();
      trouble.abort();
      await disturbing;
    }
    const last = await runProcess(account, store, ids, Number.POSITIVE_INFINITY);
    await expectOneEffectEach(ids);
    await until(() => store.all.every((it) => it.state !== "signed"));
    last.end();
    expect(store.all.filter((it) => it.state === "mined").length).toBeGreaterThanOrEqual(ids.length);
  }

  it.each(Array.from({ length: 4 }, (_, i) => i))("seeds, part %i", { timeout: 300_000 }, async (part) => {
    await Promise.all(seeds.filter((seed) => seed % 4 === part).map((seed) => runSeed(seed)));
  });
});
