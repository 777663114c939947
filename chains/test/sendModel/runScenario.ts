import { silentLog } from "@herald/wire/log";
import { type Hex, keccak256, serializeTransaction } from "viem";
import { toAccount } from "viem/accounts";
import { createTransactionSender } from "../../src/send/transactionSender.js";
import { MemoryTransactionStore } from "../support/memoryTransactionStore.js";
import { random } from "../support/random.js";
import { GAS_USED, hashOf, ModelChain } from "./modelChain.js";
import { CHAIN_ID, type Faults, modelClient } from "./modelNode.js";
import { type Scenario, TROUBLED_MS, type Trouble } from "./scenario.js";
import { VirtualTime } from "./virtualTime.js";

const BLOCK_MS = 1_000;
/** From the end of all trouble to the end of everything. */
const RECOVERY_MS = 240_000;
/** Never reached, so that spending is counted and checked. */
const limits = { maxPerDay: 10n ** 30n };
const times = { pollMs: 400, escalateAfterMs: 3_000, rebroadcastAfterMs: 1_500 };

const address = `0x${"aa".repeat(20)}` as const;

/** Signs as an account does, as far as a chain that looks at no signatures can tell, and takes as long as `signing`. */
function accountOf(signing: () => Promise<void>) {
  return toAccount({
    address,
    signMessage: () => Promise.reject(new Error("signs transactions only")),
    signTypedData: () => Promise.reject(new Error("signs transactions only")),
    signTransaction: async (transaction) => {
      await signing();
      return serializeTransaction(transaction, { r: `0x${"11".repeat(32)}`, s: `0x${"22".repeat(32)}`, yParity: 0 });
    },
  });
}
const target = `0x${"bb".repeat(20)}` as const;

/** What awaits one process, in boundaries it crosses. */
interface Fate {
  diesIn: number;
  downMs: number;
  pausesIn: number;
  pauseMs: number;
}
const spared: Fate = {
  ...{ diesIn: Number.POSITIVE_INFINITY, downMs: 0 },
  ...{ pausesIn: Number.POSITIVE_INFINITY, pauseMs: 0 },
};

/** What a run came to, for counting. */
export interface RunStatistics {
  readonly deaths: number;
  readonly virtualMs: number;
}

/**
 * Plays a scenario against the sender. The model is a ledger of ids: none ever has two effects on the chain as it is, and each has exactly
 * one in the end, final and acknowledged, with nothing left open.
 * @throws Error saying what did not hold
 */
export async function runScenario(scenario: Scenario): Promise<RunStatistics> {
  const time = new VirtualTime();
  const chain = new ModelChain();
  const dice = random(scenario.dice);
  const disk = new MemoryTransactionStore(() => time.now());
  const start = time.now();
  const faults: Faults = {
    lie: { by: 0, until: 0 },
    noReceipts: 0,
    failing: 0,
    deaf: 0,
    late: 0,
    refuses: 0,
    blink: false,
  };
  let lastBlink = Number.NEGATIVE_INFINITY;
  let storeFails = { until: 0, written: false };
  const fates = Array.from({ length: scenario.processes }, () => ({ ...spared }));
  let deaths = 0;
  let requests = 0;
  let broken: Error | undefined;
  const ids = scenario.asked.map((_, i) => `id ${i}`);
  const broadcast = new Set<Hex>();
  const acknowledged = new Set<string>();
  const holds = (condition: boolean, what: string) => {
    if (!condition) broken ??= new Error(`${what} (after ${time.now() - start} ms)`);
  };

  for (const fate of fates) live(fate);
  for (const it of scenario.troubles) time.at(start + it.at, () => begin(it));
  tick();
  // As long as the last trouble may last, then as long as getting over it may take.
  const done = () => broken !== undefined || (time.now() > start + TROUBLED_MS && settled());
  await time.run(done, start + TROUBLED_MS + 10_000 + RECOVERY_MS);
  if (broken === undefined) {
    for (const id of ids) {
      holds(acknowledged.has(id), `${id} was never acknowledged`);
      holds(chain.effects(hashOf(id), chain.finalized) === 1, `${id} has not exactly one final effect`);
    }
    const left = disk.all.filter((it) => it.settledAt === null);
    holds(left.length === 0, `${left.length} transactions were left open`);
  }
  holds((await counted()) === burnt(), "what was burnt is not what is counted for the day");
  if (broken === undefined) {
    // What was on its way comes back; then there is nothing left to ask.
    for (const fate of fates) Object.assign(fate, spared);
    const end = time.now() + 10_000;
    await time.run(() => time.now() >= end, end);
    const before = requests;
    await time.run(() => time.now() >= end + 60_000, end + 60_000);
    holds(requests === before, "the chain is still asked although everything is final");
  }
  if (broken !== undefined) throw broken;
  return { deaths, virtualMs: time.now() - start };

  /** Wei that the sender's transactions have cost on the chain. */
  function burnt(): bigint {
    const ours = chain.included().filter((it) => broadcast.has(it.hash));
    return ours.reduce((sum, it) => sum + GAS_USED * it.price, 0n);
  }

  async function counted(): Promise<bigint> {
    const costs = await disk.spentOn("model", address, new Date(start).toISOString().slice(0, 10));
    return costs.reduce((sum, { cost }) => sum + BigInt(cost), 0n);
  }

  function settled(): boolean {
    return acknowledged.size === ids.length && disk.all.every((it) => it.settledAt !== null);
  }

  function tick(): void {
    time.at(time.now() + BLOCK_MS, () => {
      chain.mine();
      checkLedger();
      tick();
    });
  }

  function checkLedger(): void {
    for (const id of ids) holds(chain.effects(hashOf(id)) <= 1, `${id} has two effects`);
  }

  /** Whatever a provider says, an open nonce belongs to one id. */
  function checkNonces(): void {
    const open = disk.all.filter((it) => it.settledAt === null).map((it) => it.nonce);
    holds(new Set(open).size === open.length, "two open transactions have the same nonce");
  }

  function begin(it: Trouble): void {
    const until = time.now() + ("ms" in it ? it.ms : 0);
    if (it.what === "drop") chain.pool.delete([...chain.pool.keys()][it.which] ?? -1);
    else if (it.what === "reorganise") {
      chain.reorganise(it.depth, it.fate);
      checkLedger();
    } else if (it.what === "stranger") chain.stranger(it.dear);
    else if (it.what === "lie") faults.lie = { by: it.by, until };
    else if (it.what === "storeFails") storeFails = { until, written: it.written };
    else if (it.what === "blink") {
      // A provider that is wrong again and again is no matter of chance, and the quorum's to find out.
      faults.blink = time.now() - lastBlink > 10_000;
      lastBlink = time.now();
    } else if (it.what === "reverts") chain.reverting += it.count;
    else if (it.what === "kill" || it.what === "pause") {
      const fate = fates[it.process];
      if (fate === undefined) return;
      if (it.what === "kill") Object.assign(fate, { diesIn: it.crossing, downMs: it.downMs });
      else Object.assign(fate, { pausesIn: it.crossing, pauseMs: it.ms });
    } else if (it.what === "fees") {
      chain.baseFee *= BigInt(it.times);
      time.at(until, () => {
        chain.baseFee /= BigInt(it.times);
      });
    } else faults[it.what] = until;
  }

  /** One process: from its start until it dies, when nothing it does reaches anything any more. */
  function live(fate: Fate): void {
    let dead = false;
    let pausedUntil = 0;
    const never = new Promise<never>(() => {});
    const awake = async (): Promise<void> => {
      if (dead) await never;
      if (time.now() >= pausedUntil) return;
      await time.sleep(pausedUntil - time.now());
      await awake();
    };
    const crossing = async (): Promise<void> => {
      if (--fate.pausesIn === 0) pausedUntil = time.now() + fate.pauseMs;
      await awake();
      if (--fate.diesIn > 0) return;
      fate.diesIn = Number.POSITIVE_INFINITY;
      dead = true;
      deaths++;
      time.at(time.now() + fate.downMs, () => live(fate));
      await never;
    };
    const stored = async <T>(call: () => Promise<T>): Promise<T> => {
      await crossing();
      await time.sleep(1 + dice.below(20));
      const failing = time.now() < storeFails.until && dice.below(2) === 0;
      if (failing && !storeFails.written) throw new Error("disk full");
      if (dead) return await never;
      const value = await call();
      checkNonces();
      await time.sleep(1 + dice.below(20));
      await crossing();
      if (failing) throw new Error("the store did not answer");
      return value;
    };
    const store = {
      find: (...call: Parameters<typeof disk.find>) => stored(() => disk.find(...call)),
      unfinished: (...call: Parameters<typeof disk.unfinished>) => stored(() => disk.unfinished(...call)),
      highestFinalNonce: (...call: Parameters<typeof disk.highestFinalNonce>) =>
        stored(() => disk.highestFinalNonce(...call)),
      spentOn: (...call: Parameters<typeof disk.spentOn>) => stored(() => disk.spentOn(...call)),
      acquire: (...call: Parameters<typeof disk.acquire>) => stored(() => disk.acquire(...call)),
      renew: (...call: Parameters<typeof disk.renew>) => stored(() => disk.renew(...call)),
      save: (...call: Parameters<typeof disk.save>) => stored(() => disk.save(...call)),
    };
    const clock = {
      now: () => time.now(),
      sleep: async (ms: number) => {
        await time.sleep(ms);
        await awake();
      },
    };
    const account = accountOf(async () => {
      await crossing();
      await time.sleep(1 + dice.below(40));
      await crossing();
    });
    const onRequest = () => {
      requests++;
    };
    const onBroadcast = (raw: Hex) => {
      const hash = keccak256(raw);
      const kept = disk.all.some((it) => it.attempts.some((attempt) => attempt.hash === hash));
      broadcast.add(hash);
      holds(kept, "what was broadcast is not in the store");
    };
    const sender = createTransactionSender({
      ...{ chain: "model", chainId: CHAIN_ID, account, store, clock, log: silentLog, ...times, limits, leaseMs: 4_000 },
      holder: `process ${fates.indexOf(fate)}`,
      client: modelClient({ chain, time, faults, dice, crossing, onBroadcast, onRequest }),
      signal: new AbortController().signal,
    });
    for (const [i, id] of ids.entries()) {
      time.at(start + (scenario.asked[i] ?? 0), () => {
        if (!acknowledged.has(id)) void ask(id);
      });
    }

    /** As an outbox does: asks again after every error, and forgets nothing before it is final. */
    async function ask(id: string): Promise<void> {
      while (!dead) {
        try {
          await sender.send({ id, to: target, data: hashOf(id) });
          await sender.final(id);
          holds(chain.effects(hashOf(id), chain.finalized) === 1, `${id} was called final and is not`);
          acknowledged.add(id);
          return;
        } catch {
          await clock.sleep(500);
        }
      }
    }
  }
}
