import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TransactionRecord } from "@herald/chains/send/transactionStore";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockStore } from "../src/store/lockStore.js";
import { openStore, type Store } from "../src/store/openStore.js";
import { SqlTransactions } from "../src/store/sqlTransactions.js";

let folder: string;
let file: string;
let store: Store;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "herald-transactions-"));
  file = join(folder, "relayer.sqlite");
  store = await openStore(file);
});
afterEach(async () => {
  await store.destroy();
  rmSync(folder, { recursive: true });
});

const sender = "0xAbCdEf0123456789aBcDeF0123456789AbCdEf01";
const record = (id: string, nonce: number, state: TransactionRecord["state"] = "signed"): TransactionRecord => ({
  id,
  chain: "base",
  sender,
  nonce,
  state,
  to: sender,
  data: "0x1234",
  value: "123456789012345678901234567890",
  gas: "21000",
  l1Fee: "0",
  cost: "9007199254740993000",
  attempts: [{ hash: "0x01", raw: "0x02", maxFeePerGas: "7", maxPriorityFeePerGas: "1", signedAt: 5, cancels: false }],
  broadcastAt: null,
  minedAt: null,
  minedHash: null,
  settledAt: null,
});

/** Records of `sender` on `base`, saved under a lease of its own. */
async function leased(chain = "base") {
  const transactions = new SqlTransactions(store);
  const token = (await transactions.acquire(chain, sender, "test", 60_000)) ?? 0;
  return { transactions, save: (it: TransactionRecord) => transactions.save(it, token), token };
}

test("a record comes back whole, also after a restart and by another spelling of the sender", async () => {
  await (await leased()).save(record("a", 0));
  await store.destroy();
  store = await openStore(file);
  const lower = sender.toLowerCase() as typeof sender; // CAST: the same address.
  expect(await new SqlTransactions(store).find("base", lower, "a")).toEqual(record("a", 0));
});

test("saving again replaces the record, and what is final is no longer unfinished", async () => {
  const { transactions, save } = await leased();
  for (const it of [record("b", 1), record("a", 0), record("c", 2)]) await save(it);
  expect((await transactions.unfinished("base", sender)).map((it) => it.id)).toEqual(["a", "b", "c"]);
  await save({ ...record("b", 1, "mined"), minedAt: 9, minedHash: "0x01" });
  expect(await transactions.unfinished("base", sender)).toHaveLength(3);
  await save({ ...record("b", 1, "mined"), minedAt: 9, minedHash: "0x01", settledAt: 12 });
  expect((await transactions.unfinished("base", sender)).map((it) => it.id)).toEqual(["a", "c"]);
  expect(await transactions.find("base", sender, "b")).toMatchObject({ state: "mined", minedAt: 9 });
});

test("chains and senders do not see each other's records", async () => {
  const { transactions, save, token } = await leased();
  await save(record("a", 0));
  expect(await transactions.find("arbitrum", sender, "a")).toBeUndefined();
  expect(await transactions.save({ ...record("a", 0), chain: "arbitrum" }, token)).toBe(false);
  expect(await transactions.unfinished("base", `0x${"11".repeat(20)}`)).toEqual([]);
});

test("what is counted for a day outlives the record it came from", async () => {
  const { transactions, save } = await leased();
  const first = record("a", 0, "reverted");
  await save(first);
  await save({ ...first, cost: "5", settledAt: 9 });
  await save(record("a", 1));
  expect(await transactions.spentOn("base", sender, "1970-01-01")).toEqual([
    { id: "a", nonce: 0, cost: "5" },
    { id: "a", nonce: 1, cost: "9007199254740993000" },
  ]);
  expect(await transactions.spentOn("base", sender, "1970-01-02")).toEqual([]);
});

test("the highest final nonce outlives its record, and counts neither what is open nor what only somebody else used", async () => {
  const { transactions, save } = await leased();
  const highest = () => transactions.highestFinalNonce("base", sender);
  expect(await highest()).toBeUndefined();
  await save(record("a", 4, "reverted"));
  expect(await highest()).toBeUndefined();
  await save({ ...record("a", 4, "reverted"), settledAt: 9 });
  expect(await highest()).toBe(4);
  await save(record("a", 5));
  expect(await highest()).toBe(4);
  await save({ ...record("a", 5, "superseded"), cost: "0", settledAt: 9 });
  expect(await highest()).toBe(4);
  expect(await transactions.highestFinalNonce("arbitrum", sender)).toBeUndefined();
});

test("a write under an older lease is refused, and changes nothing", async () => {
  const old = await leased();
  await old.save(record("a", 0));
  const { transactions } = old;
  expect(await transactions.acquire("base", sender, "other", 60_000)).toBeUndefined();
  expect(await transactions.renew("base", sender, old.token, 0)).toBe(true);
  const token = await transactions.acquire("base", sender, "other", 60_000);
  expect(token).toBe(old.token + 1);
  expect(await transactions.renew("base", sender, old.token, 60_000)).toBe(false);
  expect(await old.save({ ...record("a", 0, "mined"), cost: "1" })).toBe(false);
  expect(await old.save(record("b", 1))).toBe(false);
  expect(await transactions.unfinished("base", sender)).toEqual([record("a", 0)]);
  expect(await transactions.spentOn("base", sender, "1970-01-01")).toHaveLength(1);
  expect(await transactions.save(record("b", 1), token ?? 0)).toBe(true);
  // The same holder takes over from itself, as after a restart; another one where a lease ran out.
  expect(await transactions.acquire("base", sender, "other", 0)).toBe(old.token + 2);
  expect(await transactions.acquire("base", sender, "third", 60_000)).toBe(old.token + 3);
});

test("a database belongs to one relayer at a time", () => {
  const lock = lockStore(file);
  expect(() => lockStore(file)).toThrowError(expect.objectContaining({ code: "STORE_LOCKED" }));
  lock.release();
  lockStore(file).release();
});
