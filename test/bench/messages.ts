import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { localLocation } from "@herald/chains/hyperlane/storage/storageNames";
import { formatError, HeraldError } from "@herald/wire/errors";
import { silentLog } from "@herald/wire/log";
import { createProcessGroup } from "@herald/world/processes/processGroup";
import { type Address, type Hex, parseEther } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import type { EngineOrder, EngineReport } from "./deliveryEngine.js";
import { quantile } from "./intervals.js";
import { type MailboxChain, startMailboxPair } from "./mailboxPair.js";
import { sampleMemory } from "./memory.js";
import { watchProcessed } from "./processedMessages.js";
import { createDispatcher } from "./signedMessages.js";

const BLOCK_MS = 1_000;
const BURST_TIMEOUT_MS = 180_000;
const SINGLES = 20;
/** Milliseconds after a block at which the bursts of each kind begin: how long a block is still away is then chance to none of them. */
const PHASES_20 = [0, 200, 400, 600, 800];
const PHASES_200 = [0, 333, 667];
/** Creation code of a recipient that takes every message, and of one that refuses every message; both leave the module to the Mailbox. */
const TAKES_ALL: Hex = "0x60016000f3";
const REFUSES_ALL: Hex = "0x6460006000fd6000526005601bf3";

/** Milliseconds from dispatched and signed to processed, message by message. */
type Latencies = readonly number[];

/**
 * Delivers Hyperlane messages from one local chain to another, which has a block a second, and measures each from the moment its signatures are
 * there to the moment the destination's node shows the block that processed it. What delivers runs in a process of its own.
 */
export async function runMessages({ json }: { readonly json: boolean }): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "herald-bench-"));
  const processes = createProcessGroup({ folder, log: silentLog });
  const ends: (() => Promise<void>)[] = [() => processes.stopAll()];
  try {
    const validators = ["validator-1", "validator-2"].map((name) => {
      mkdirSync(join(folder, name));
      return { key: privateKeyToAccount(generatePrivateKey()), folder: join(folder, name) };
    });
    const pair = await startMailboxPair(
      processes,
      validators.map(({ key }) => key.address),
    );
    ends.push(pair.release);
    const { hub, origin } = pair;
    const [takesAll, refusesAll] = [await origin.create(TAKES_ALL), await origin.create(REFUSES_ALL)];
    const relayerKey = generatePrivateKey();
    await origin.node.fund(privateKeyToAccount(relayerKey).address, parseEther("1000"));
    await hub.wallet.setAutomine(false);
    await origin.node.mineEverySecond();
    const processed = await watchProcessed(origin);
    ends.push(processed.stop);
    const engine = await startEngine({
      type: "start",
      ...{ hub: engineChain(hub), origin: engineChain(origin), relayerKey, storeFile: join(folder, "store.sqlite") },
      locations: Object.fromEntries(validators.map((it) => [it.key.address, localLocation(it.folder)])),
    });
    ends.push(engine.stop);
    const memory = sampleMemory({ engine: engine.pid });
    const dispatch = createDispatcher({ hub, destination: origin.chainId, validators });

    /** Begins so long after a block; gives what the messages to recipients that take them needed. */
    const burst = async (recipients: readonly Address[], phaseMs: number): Promise<Latencies> => {
      const messages = await dispatch(recipients);
      const good = messages.filter((_, i) => recipients[i] === takesAll).map(({ messageId }) => messageId);
      await processed.nextBlock();
      await delay(phaseMs);
      const startedAt = Date.now();
      engine.order({ type: "deliver", messages });
      await within(() => good.every((it) => processed.seenAt.has(it)), engine.failures);
      // Until they are final, so that following them does not slow what is measured next; only then are the others given up.
      await within(() => good.every((it) => engine.ended.has(it)), engine.failures);
      engine.order({ type: "abandon" });
      await within(() => messages.every(({ messageId }) => engine.ended.has(messageId)), engine.failures);
      return good.map((it) => (processed.seenAt.get(it) ?? startedAt) - startedAt);
    };
    const each = async <T>(values: readonly T[], measure: (value: T) => Promise<Latencies>) => {
      const all: Latencies[] = [];
      for (const value of values) all.push(await measure(value));
      return all;
    };
    const recipients = (count: number) => Array.from({ length: count }, () => takesAll);
    const poisoned = [refusesAll, ...recipients(19)];

    // What is loaded or compiled on first use is not measured.
    await burst(recipients(5), 0);
    const singles = Array.from({ length: SINGLES }, (_, i) => (i * BLOCK_MS) / SINGLES);
    const single = (await each(singles, (phase) => burst(recipients(1), phase))).flat();
    const burst20 = (await each(PHASES_20, (phase) => burst(recipients(20), phase))).flat();
    const burst200 = await each(PHASES_200, (phase) => burst(recipients(200), phase));
    const deltas: number[] = [];
    for (const phase of PHASES_20) {
      const clean = await burst(recipients(20), phase);
      deltas.push(quantile(await burst(poisoned, phase), 0.95) - quantile(clean, 0.95));
    }
    memory.stop();
    const result = {
      single: spread(single),
      burst20: spread(burst20),
      burst200: {
        perSecond:
          Math.round(
            quantile(
              burst200.map((it) => it.length / (Math.max(...it) / 1_000)),
              0.5,
            ) * 10,
          ) / 10,
        p95: quantile(burst200.flat(), 0.95),
      },
      poisoned: { p95DeltaMs: quantile(deltas, 0.5) },
      rssMb: memory.peaksMb().engine ?? 0,
    };
    for (const [name, value] of Object.entries(result)) {
      process.stdout.write(`${name.padEnd(10)} ${JSON.stringify(value)}\n`);
    }
    if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${formatError(error)}\n`);
    return 1;
  } finally {
    for (const end of ends.toReversed()) await end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Two providers of the one node: what agreeing costs is measured, not that they are independent. */
function engineChain({ chainId, mailbox, merkleTreeHook, node }: MailboxChain) {
  const providers = ["first", "second"].map((name) => ({ name, url: `${node.url}/?${name}` }));
  return { chainId, mailbox, merkleTreeHook, providers };
}

async function startEngine(order: Extract<EngineOrder, { type: "start" }>) {
  // "advanced": messages carry big integers.
  const child: ChildProcess = fork(new URL("./deliveryEngine.js", import.meta.url), { serialization: "advanced" });
  const exited = once(child, "exit");
  const ended = new Set<Hex>();
  const failures: string[] = [];
  let ready = false;
  child.on("message", (told) => {
    // CAST: the engine sends nothing else.
    const report = told as EngineReport;
    if (report.type === "ready") ready = true;
    else ended.add(report.messageId);
    if (report.type === "ended" && report.failure !== undefined) failures.push(report.failure);
  });
  child.once("exit", (code) => failures.push(`the engine ended with ${code}`));
  child.send(order);
  await within(() => ready, failures);
  return {
    pid: child.pid ?? 0,
    /** Messages that are final, or were given up. */
    ended,
    /** Why messages were given up, the last one last. */
    failures,
    order: (it: EngineOrder) => void child.send(it),
    async stop() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

async function within(condition: () => boolean, failures: readonly string[]): Promise<void> {
  for (const end = Date.now() + BURST_TIMEOUT_MS; !condition(); await delay(10)) {
    if (Date.now() > end) throw failed(failures.at(-1) ?? "No failure was reported.");
  }
}

function spread(values: Latencies): { readonly p50: number; readonly p95: number } {
  return { p50: quantile(values, 0.5), p95: quantile(values, 0.95) };
}

function failed(reason: string): HeraldError {
  return new HeraldError({
    code: "BENCH_MESSAGE_NOT_DELIVERED",
    message: "The messages of the benchmark were not delivered in time.",
    facts: { reason },
    actor: "bug",
    retry: "never",
  });
}
