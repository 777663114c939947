import { errorCode, isHeraldError } from "@herald/wire/errors";
import type { Log } from "@herald/wire/log";
import { bytesToHex, type LocalAccount, type PublicClient, parseEther, parseGwei, parseTransaction } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import type { SpendLimits } from "../src/send/fees.js";
import { signAttempt } from "../src/send/signAttempt.js";
import { createTransactionSender, type TransactionSender } from "../src/send/transactionSender.js";
import type { TransactionRecord } from "../src/send/transactionStore.js";
import { type Anvil, clientsOf, fundedAccount, startAnvil } from "./support/anvil.js";
import { effectOf, effectsOf, ledgerAddress, ledgerCode } from "./support/ledger.js";
import { MemoryTransactionStore } from "./support/memoryTransactionStore.js";
import { until, whileMining } from "./support/mining.js";

const chain = "test";
let anvil: Anvil;
let client: PublicClient;
let control: ReturnType<typeof clientsOf>["control"];
let running: AbortController[] = [];

beforeAll(async () => {
  anvil = await startAnvil(31_201, "--no-mining");
  ({ client, control } = clientsOf(anvil));
  await control.setCode({ address: ledgerAddress, bytecode: ledgerCode });
});
afterEach(() => {
  for (const it of running) it.abort();
  running = [];
});
afterAll(async () => {
  await anvil?.stop();
});

const lines: string[] = [];
const log: Log = {
  error: (message, fields) => void lines.push(line(message, fields)),
  warn: (message, fields) => void lines.push(line(message, fields)),
  info: (message, fields) => void lines.push(line(message, fields)),
  debug: (message, fields) => void lines.push(line(message, fields)),
  child: () => log,
};
function line(message: string, fields: unknown): string {
  return message + JSON.stringify(fields, (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value));
}

interface Setup {
  readonly account?: LocalAccount;
  readonly store?: MemoryTransactionStore;
  readonly client?: PublicClient;
  readonly limits?: SpendLimits;
  readonly chainId?: number;
  readonly escalateAfterMs?: number;
  readonly rebroadcastAfterMs?: number;
  readonly holder?: string;
  readonly leaseMs?: number;
}
async function setUp(setup: Setup = {}) {
  const account = setup.account ?? (await fundedAccount(anvil));
  const store = setup.store ?? new MemoryTransactionStore();
  const stop = new AbortController();
  running.push(stop);
  const sender = createTransactionSender({
    chain,
    chainId: anvil.chainId,
    client,
    pollMs: 20,
    escalateAfterMs: 60_000,
    rebroadcastAfterMs: 100,
    log,
    signal: stop.signal,
    ...setup,
    account,
    store,
  });
  const recordOf = (id: string) => store.all.find((it) => it.id === id);
  return { account, store, sender, stop, recordOf };
}
/** Asks for the effect of `id`. */
const send = (sender: TransactionSender, id: string) => sender.send({ id, to: ledgerAddress, data: effectOf(id) });
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "no error",
    (error: unknown) => errorCode(error) ?? String(error),
  );
/** The signed and broadcast record of an id. */
const broadcast = (store: MemoryTransactionStore, id: string) =>
  until(async () => {
    const record = store.all.find((it) => it.id === id);
    const hash = record?.attempts.at(-1)?.hash;
    const known = hash !== undefined && (await client.getTransaction({ hash }).catch(() => undefined));
    return known ? record : undefined;
  });

it("sends many at once: consecutive nonces, each effect once, times and receipt of each", async () => {
  const { sender, store } = await setUp();
  const ids = Array.from({ length: 60 }, (_, i) => `many/${i}`);
  const sent = await whileMining(anvil, Promise.all(ids.map((id) => send(sender, id))));
  for (const [i, mined] of sent.entries()) {
    expect(await effectsOf(client, ids[i] ?? "")).toBe(1);
    expect(mined.receipt).toMatchObject({ status: "success", transactionHash: mined.hash });
    expect(mined.minedAt).toBeGreaterThanOrEqual(mined.broadcastAt);
  }
  expect(store.all.map((it) => it.nonce).sort((a, b) => a - b)).toEqual(ids.map((_, i) => i));
  await sender.send({ id: "many/0", to: ledgerAddress, data: effectOf("many/0") });
  expect(await effectsOf(client, "many/0")).toBe(1);
});

it("one id has one effect: concurrent calls, calls after a restart, calls with other data", async () => {
  const { sender, account, store, stop } = await setUp();
  const first = send(sender, "once");
  const second = send(sender, "once");
  const abandoned = Promise.all([codeOf(first), codeOf(second)]);
  await broadcast(store, "once");
  stop.abort();
  expect(await abandoned).toEqual(["SEND_STOPPED", "SEND_STOPPED"]);

  const again = await setUp({ account, store });
  const call = { id: "once", to: ledgerAddress, data: effectOf("something else") };
  const [mined, same] = await whileMining(anvil, Promise.all([again.sender.send(call), send(again.sender, "once")]));
  expect(same.hash).toBe(mined.hash);
  expect(await effectsOf(client, "once")).toBe(1);
  expect(await effectsOf(client, "something else")).toBe(0);
  const third = await setUp({ account, store });
  expect((await send(third.sender, "once")).hash).toBe(mined.hash);
  expect(store.all).toHaveLength(1);
});

it("a restart broadcasts what was only signed, before anything new", async () => {
  const { account, store, sender, stop } = await setUp({
    client: { ...client, sendRawTransaction: () => new Promise(() => {}) },
  });
  const lost = codeOf(send(sender, "unsent"));
  await until(() => store.all.length === 1);
  stop.abort();
  await lost;
  const order: number[] = [];
  const watched: PublicClient = {
    ...client,
    sendRawTransaction: (parameters) => {
      order.push(parseTransaction(parameters.serializedTransaction).nonce ?? -1);
      return client.sendRawTransaction(parameters);
    },
  };
  // Long enough that only the start itself can have broadcast it.
  const again = await setUp({ account, store, client: watched, rebroadcastAfterMs: 60_000 });
  await whileMining(anvil, Promise.all([send(again.sender, "new"), again.sender.idle()]));
  expect(again.recordOf("unsent")).toMatchObject({ state: "mined", nonce: 0 });
  expect(again.recordOf("new")).toMatchObject({ state: "mined", nonce: 1 });
  expect(order).toEqual([0, 1]);
  expect([await effectsOf(client, "unsent"), await effectsOf(client, "new")]).toEqual([1, 1]);
});

it("what would revert is not sent, and says why", async () => {
  const { sender, store } = await setUp();
  const odd = sender.send({ id: "odd", to: ledgerAddress, data: bytesToHex(new Uint8Array(31)) });
  await expect(odd).rejects.toSatisfy((error: unknown) => {
    return isHeraldError(error) && error.code === "SEND_REVERTED" && error.facts.reason === "odd";
  });
  expect(store.all).toEqual([]);
});

it("what lands and reverts is an error, and its id gets a new nonce once the old one is final", async () => {
  const { sender, store, recordOf } = await setUp();
  const sending = codeOf(send(sender, "reverts"));
  await broadcast(store, "reverts");
  await control.setCode({ address: ledgerAddress, bytecode: "0xfe" });
  await control.mine({ blocks: 1 });
  expect(await sending).toBe("SEND_MINED_REVERTED");
  await control.setCode({ address: ledgerAddress, bytecode: ledgerCode });
  expect(recordOf("reverts")).toMatchObject({ state: "reverted", nonce: 0 });
  expect(await codeOf(send(sender, "reverts"))).toBe("SEND_UNSETTLED");
  await control.mine({ blocks: 3 });
  await whileMining(anvil, send(sender, "reverts"));
  expect(recordOf("reverts")).toMatchObject({ state: "mined", nonce: 1 });
  expect(await effectsOf(client, "reverts")).toBe(1);
});

it("raises the fee of what is not mined, up to the limits and no further", async () => {
  const limits = { maxFeePerGas: parseGwei("20") };
  const { sender, store } = await setUp({ escalateAfterMs: 100, limits });
  const sending = send(sender, "cheap");
  const before = await broadcast(store, "cheap");
  const bumped = await until(() => store.all.find((it) => it.attempts.length >= 3));
  const fees = bumped.attempts.map((it) => BigInt(it.maxFeePerGas));
  expect(fees[1] ?? 0n).toBeGreaterThanOrEqual(((fees[0] ?? 0n) * 11n) / 10n);
  const warned = () => lines.some((it) => it.includes("fee is at the limit") && it.includes(`"cheap"`));
  await until(warned);
  const most = store.all[0]?.attempts.map((it) => BigInt(it.maxFeePerGas)) ?? [];
  expect(most.every((fee) => fee <= limits.maxFeePerGas)).toBe(true);
  await whileMining(anvil, sending);
  expect(new Set(store.all[0]?.attempts.map((it) => parseTransaction(it.raw).nonce))).toEqual(new Set([before.nonce]));
  expect(await effectsOf(client, "cheap")).toBe(1);
});

it("signs nothing while the base fee is above the limit", async () => {
  const { sender, store } = await setUp({ limits: { maxCost: 1_000n } });
  expect(await codeOf(send(sender, "dear"))).toBe("SEND_FEE_ABOVE_LIMIT");
  expect(store.all).toEqual([]);
});

it("broadcasts again what a node dropped", async () => {
  const { sender, store } = await setUp();
  const sending = Promise.all([send(sender, "dropped"), send(sender, "behind it")]);
  const record = await broadcast(store, "dropped");
  await control.dropTransaction({ hash: record.attempts[0]?.hash ?? "0x" });
  await broadcast(store, "dropped");
  await whileMining(anvil, sending);
  expect([await effectsOf(client, "dropped"), await effectsOf(client, "behind it")]).toEqual([1, 1]);
});

it("takes a new nonce when somebody else used it, but only once that is final", async () => {
  let looks = 0;
  const counting: PublicClient = {
    ...client,
    getTransactionReceipt: (parameters) => {
      looks++;
      return client.getTransactionReceipt(parameters);
    },
  };
  const { account, sender, store, recordOf } = await setUp({ client: counting });
  const sending = send(sender, "robbed");
  await broadcast(store, "robbed");
  const stranger = clientsOf(anvil).walletOf(account);
  const fees = { maxFeePerGas: parseGwei("90"), maxPriorityFeePerGas: parseGwei("80") };
  await stranger.sendTransaction({ to: account.address, nonce: 0, gas: 21_000n, ...fees });
  await control.mine({ blocks: 1 });
  // Found out, but not acted upon: a reorganisation could still let the old transaction in.
  await until(() => looks > 5);
  expect(recordOf("robbed")).toMatchObject({ state: "signed", nonce: 0 });
  await whileMining(anvil, sending);
  expect(recordOf("robbed")).toMatchObject({ state: "mined", nonce: 1 });
  expect(await effectsOf(client, "robbed")).toBe(1);
});

it("fills a nonce nobody uses below what waits", async () => {
  const account = await fundedAccount(anvil);
  const store = new MemoryTransactionStore();
  const call = { to: ledgerAddress, data: effectOf("above the gap") };
  const fees = { maxFeePerGas: parseGwei("50"), maxPriorityFeePerGas: parseGwei("1") };
  const amounts = { value: 0n, gas: 100_000n };
  const rest = { account, chainId: anvil.chainId, nonce: 1, fees, cancels: false, signedAt: 1 };
  const attempt = await signAttempt({ ...rest, ...call, ...amounts });
  const record: TransactionRecord = {
    ...{ id: "above the gap", chain, sender: account.address, nonce: 1, state: "signed", ...call },
    ...{
      l1Fee: "0",
      cost: "0",
      value: "0",
      gas: "100000",
      attempts: [attempt],
      broadcastAt: null,
      minedAt: null,
      minedHash: null,
    },
    settledAt: null,
  };
  await store.save(record, (await store.acquire(chain, account.address, "earlier", 0)) ?? 0);
  const { sender } = await setUp({ account, store });
  await whileMining(anvil, sender.idle());
  await whileMining(anvil, send(sender, "above the gap"));
  expect(await effectsOf(client, "above the gap")).toBe(1);
  expect(await client.getTransactionCount({ address: account.address })).toBe(2);
});

it("says that the account is empty, and sends once it is not", async () => {
  const account = privateKeyToAccount(generatePrivateKey());
  const { sender } = await setUp({ account });
  expect(await codeOf(send(sender, "broke"))).toBe("SEND_UNFUNDED");
  await control.setBalance({ address: account.address, value: parseEther("1") });
  await whileMining(anvil, send(sender, "broke"));
  expect(await effectsOf(client, "broke")).toBe(1);
});

it("gives up what every node refuses without blocking the others", async () => {
  const poison = effectOf("poison");
  const picky: PublicClient = {
    ...client,
    sendRawTransaction: async (parameters) => {
      const { serializedTransaction } = parameters;
      if (serializedTransaction.includes(poison.slice(2)))
        throw new Error("transaction gas limit too high (cap: 1, tx: 2)");
      return await client.sendRawTransaction(parameters);
    },
  };
  const { sender, recordOf } = await setUp({ client: picky });
  const refused = codeOf(send(sender, "poison"));
  const [code] = await whileMining(anvil, Promise.all([refused, send(sender, "healthy")]));
  expect(code).toBe("SEND_REFUSED");
  expect(recordOf("poison")).toMatchObject({ state: "cancelled" });
  expect([await effectsOf(client, "poison"), await effectsOf(client, "healthy")]).toEqual([0, 1]);
});

it("follows a transaction again that a reorganisation took out", async () => {
  const { sender, recordOf } = await setUp();
  const snapshot = await control.snapshot();
  const mined = await whileMining(anvil, send(sender, "reorged"));
  await control.revert({ id: snapshot });
  expect(await effectsOf(client, "reorged")).toBe(0);
  const again = await whileMining(anvil, send(sender, "reorged"));
  expect(again.hash).toBe(mined.hash);
  expect(await effectsOf(client, "reorged")).toBe(1);
  expect(recordOf("reorged")).toMatchObject({ state: "mined" });
});

it("sends again by itself what a reorganisation took out, and says when it is final", async () => {
  const { sender, recordOf } = await setUp();
  const snapshot = await control.snapshot();
  const mined = await whileMining(anvil, send(sender, "taken out"));
  const final = sender.final("taken out");
  await control.revert({ id: snapshot });
  await until(() => recordOf("taken out")?.state === "signed");
  await until(() =>
    client
      .getTransaction({ hash: mined.hash })
      .then(() => true)
      .catch(() => false),
  );
  expect((await whileMining(anvil, final)).hash).toBe(mined.hash);
  expect(await effectsOf(client, "taken out")).toBe(1);
  const record = recordOf("taken out");
  expect(record).toMatchObject({ state: "mined", attempts: [{ hash: mined.hash }] });
  expect(record?.settledAt).toBeGreaterThanOrEqual(record?.minedAt ?? Number.POSITIVE_INFINITY);
  expect((await sender.final("taken out")).hash).toBe(mined.hash);
  expect(await codeOf(sender.final("never sent"))).toBe("SEND_UNKNOWN");
});

it("never saves a nonce chosen under an older lease, although it has a new one by then", async () => {
  const account = await fundedAccount(anvil);
  const store = new MemoryTransactionStore();
  let asked = false;
  let goOn = () => {};
  const gate = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const slow: LocalAccount = {
    ...account,
    signTransaction: async (...transaction) => {
      asked = true;
      await gate;
      return await account.signTransaction(...transaction);
    },
  };
  const acquired = vi.spyOn(store, "acquire");
  const { sender } = await setUp({ account: slow, store, leaseMs: 60 });
  const slept = codeOf(send(sender, "slept"));
  await until(() => asked);
  // Somebody else has the key for a moment, and could have signed the same nonce; then the sender has it again.
  const lease = await store.acquire(chain, account.address, "sender", 0);
  await until(() => acquired.mock.settledResults.some((it) => Number(it.value) > (lease ?? 0)));
  goOn();
  expect(await slept).toBe("SEND_LEASE_LOST");
  expect(store.all).toEqual([]);
  await whileMining(anvil, send(sender, "slept"));
  expect(await effectsOf(client, "slept")).toBe(1);
});

it("stands by while another sender has the lease, and takes over what that one left", async () => {
  const { account, store, sender, stop } = await setUp({
    client: { ...client, sendRawTransaction: () => new Promise(() => {}) },
    holder: "first",
  });
  const left = codeOf(send(sender, "left"));
  await until(() => store.all.length === 1);
  const second = await setUp({ account, store, holder: "second", leaseMs: 90 });
  expect(await codeOf(send(second.sender, "left"))).toBe("SEND_LEASE_HELD");
  stop.abort();
  expect(await left).toBe("SEND_STOPPED");
  await whileMining(
    anvil,
    until(() => second.recordOf("left")?.state === "mined"),
  );
  expect(await effectsOf(client, "left")).toBe(1);
  expect(store.all).toHaveLength(1);
});

it("does not act on another chain, and starts once its providers are right", async () => {
  const { sender, store } = await setUp({ chainId: 1 });
  expect(await codeOf(send(sender, "elsewhere"))).toBe("SEND_WRONG_CHAIN");
  let up = false;
  const flaky: PublicClient = {
    ...client,
    getChainId: () => (up ? client.getChainId() : Promise.reject(new Error("fetch failed"))),
  };
  const late = await setUp({ client: flaky, store });
  expect(await codeOf(send(late.sender, "late"))).toBe("SEND_CHAIN_UNREACHABLE");
  up = true;
  await whileMining(anvil, send(late.sender, "late"));
  expect(await effectsOf(client, "late")).toBe(1);
});

it("never writes a key into log or store", async () => {
  const key = generatePrivateKey();
  const account = privateKeyToAccount(key);
  await control.setBalance({ address: account.address, value: parseEther("1") });
  const { sender, store } = await setUp({ account });
  await whileMining(anvil, send(sender, "secret"));
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.join() + JSON.stringify(store.all)).not.toContain(key.slice(2));
});
