import { errorCode } from "@herald/wire/errors";
import { silentLog } from "@herald/wire/log";
import { concatHex, type LocalAccount, numberToHex, type PublicClient } from "viem";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { readFees, type SpendLimits } from "../src/send/fees.js";
import { createTransactionSender } from "../src/send/transactionSender.js";
import { type Anvil, clientsOf, fundedAccount, startAnvil } from "./support/anvil.js";
import { effectOf, effectsOf, ledgerAddress, ledgerCode } from "./support/ledger.js";
import { MemoryTransactionStore } from "./support/memoryTransactionStore.js";

const DAY_MS = 86_400_000;
const oracle = "0x420000000000000000000000000000000000000F";
let anvil: Anvil;
let client: PublicClient;
let control: ReturnType<typeof clientsOf>["control"];
let running: AbortController[] = [];

beforeAll(async () => {
  anvil = await startAnvil(31_204);
  ({ client, control } = clientsOf(anvil));
  await control.setCode({ address: ledgerAddress, bytecode: ledgerCode });
});
afterEach(async () => {
  for (const it of running) it.abort();
  running = [];
  await control.setCode({ address: oracle, bytecode: "0x" });
});
afterAll(async () => {
  await anvil?.stop();
});

function senderOf(account: LocalAccount, store: MemoryTransactionStore, limits: SpendLimits, now = Date.now) {
  const stop = new AbortController();
  running.push(stop);
  const { chainId } = anvil;
  const clock = { now, sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)) };
  const wired = { chain: "test", chainId, client, account, store, limits, clock, log: silentLog, signal: stop.signal };
  const sender = createTransactionSender({ ...wired, pollMs: 20 });
  return {
    send: (id: string) => sender.send({ id, to: ledgerAddress, data: effectOf(id) }),
    code: (id: string) =>
      sender.send({ id, to: ledgerAddress, data: effectOf(id) }).then(
        () => "sent",
        (error: unknown) => errorCode(error) ?? String(error),
      ),
    stop: () => stop.abort(),
  };
}

/** A contract that answers every call with this number. */
const answering = (value: bigint) => concatHex(["0x7f", numberToHex(value, { size: 32 }), "0x5f5260205ff3"]);

it("a key spends no more than its day's limit, also after a restart; the next day it goes on", async () => {
  const account = await fundedAccount(anvil);
  const store = new MemoryTransactionStore();
  const first = senderOf(account, store, {});
  await first.send("measure");
  first.stop();
  // What was counted while no limit was set counts as well. Worst cases are well above twice what is burnt in the end.
  const [measured] = store.all;
  const worst = BigInt(measured?.gas ?? 0) * BigInt(measured?.attempts[0]?.maxFeePerGas ?? 0);
  expect(BigInt(measured?.cost ?? 0)).toBeLessThan(worst / 2n);
  const maxPerDay = BigInt(measured?.cost ?? 0) + worst;
  const limited = senderOf(account, store, { maxPerDay });
  let sent = 0;
  while ((await limited.code(`day/${sent}`)) === "sent") sent++;
  expect(sent).toBeGreaterThan(0);
  expect(await limited.code(`day/${sent}`)).toBe("SEND_DAILY_CAP");
  limited.stop();
  const again = senderOf(account, store, { maxPerDay });
  expect(await again.code(`day/${sent}`)).toBe("SEND_DAILY_CAP");
  again.stop();
  expect(await effectsOf(client, `day/${sent}`)).toBe(0);
  const burnt = (await costs(store)).reduce((sum, it) => sum + it, 0n);
  expect(burnt).toBeLessThanOrEqual(maxPerDay);
  const tomorrow = senderOf(account, store, { maxPerDay }, () => Date.now() + DAY_MS);
  expect(await tomorrow.code(`day/${sent}`)).toBe("sent");
});

async function costs(store: MemoryTransactionStore): Promise<bigint[]> {
  const hashes = store.all.flatMap((it) => (it.minedHash === null ? [] : [it.minedHash]));
  const receipts = await Promise.all(hashes.map((hash) => client.getTransactionReceipt({ hash })));
  return receipts.map((it) => it.gasUsed * it.effectiveGasPrice);
}

it("the fee an OP-stack chain takes for data on L1 counts into the limits", async () => {
  const account = await fundedAccount(anvil);
  const store = new MemoryTransactionStore();
  const maxCost = 10n ** 16n;
  await control.setCode({ address: oracle, bytecode: answering(maxCost) });
  const dear = senderOf(account, store, { maxCost });
  expect(await dear.code("dear data")).toBe("SEND_FEE_ABOVE_LIMIT");
  expect(store.all).toEqual([]);
  dear.stop();
  await control.setCode({ address: oracle, bytecode: answering(1_000n) });
  const cheap = senderOf(account, store, { maxCost });
  await cheap.send("cheap data");
  expect(store.all[0]).toMatchObject({ l1Fee: "1250", state: "mined" });
});

it("the tip is the usual one of busy blocks, and the nodes' own suggestion where blocks are empty", async () => {
  const told = (rewards: readonly bigint[]): PublicClient => ({
    ...client,
    estimateMaxPriorityFeePerGas: () => Promise.resolve(3n),
    getFeeHistory: async (parameters) => {
      expect(parameters.rewardPercentiles).toEqual([50]);
      const history = await client.getFeeHistory(parameters);
      return { ...history, baseFeePerGas: [90n, 100n], reward: rewards.map((it) => [it]) };
    },
  });
  expect(await readFees(told([9n, 7n, 100n, 8n, 0n]))).toEqual({
    baseFee: 100n,
    maxPriorityFeePerGas: 8n,
    maxFeePerGas: 208n,
  });
  expect((await readFees(told([9n, 0n, 0n, 8n, 0n]))).maxPriorityFeePerGas).toBe(3n);
  expect((await readFees(client)).baseFee).toBeGreaterThan(0n);
});
