import { spendingDay } from "@herald/chains/send/dailySpending";
import type { CountedCost, TransactionRecord, TransactionStore } from "@herald/chains/send/transactionStore";
import type { Address } from "viem";
import type { Store } from "./openStore.js";

/** The senders' records in the relayer's database: what was signed is here before it is broadcast. */
export class SqlTransactions implements TransactionStore {
  readonly #db: Store;

  constructor(db: Store) {
    this.#db = db;
  }

  async acquire(chain: string, sender: Address, holder: string, ms: number): Promise<number | undefined> {
    const now = Date.now();
    const expires_at = now + ms;
    const lease = await this.#db
      .insertInto("sender_leases")
      .values({ chain, sender: sender.toLowerCase(), token: 1, holder, expires_at })
      .onConflict((conflict) =>
        conflict
          .columns(["chain", "sender"])
          .doUpdateSet((eb) => ({ token: eb("sender_leases.token", "+", 1), holder, expires_at }))
          .where((eb) => eb.or([eb("sender_leases.expires_at", "<=", now), eb("sender_leases.holder", "=", holder)])),
      )
      .returning("token")
      .executeTakeFirst();
    return lease?.token;
  }

  renew(chain: string, sender: Address, token: number, ms: number): Promise<boolean> {
    return touchLease(this.#db, chain, sender, token, Date.now() + ms);
  }

  async find(chain: string, sender: Address, id: string): Promise<TransactionRecord | undefined> {
    const row = await this.#db
      .selectFrom("transactions")
      .select("record")
      .where("chain", "=", chain)
      .where("sender", "=", sender.toLowerCase())
      .where("id", "=", id)
      .executeTakeFirst();
    return row === undefined ? undefined : parse(row.record);
  }

  async unfinished(chain: string, sender: Address): Promise<readonly TransactionRecord[]> {
    const rows = await this.#db
      .selectFrom("transactions")
      .select("record")
      .where("chain", "=", chain)
      .where("sender", "=", sender.toLowerCase())
      .where("settled_at", "is", null)
      .orderBy("nonce")
      .execute();
    return rows.map((row) => parse(row.record));
  }

  async save(record: TransactionRecord, token: number): Promise<boolean> {
    const values = {
      nonce: record.nonce,
      state: record.state,
      settled_at: record.settledAt,
      record: JSON.stringify(record),
      updated_at: Date.now(),
    };
    const { id, chain, nonce, cost } = record;
    const sender = record.sender.toLowerCase();
    return await this.#db.transaction().execute(async (db) => {
      // Changed, not only read: on a server the row stays locked to the end, so that no lease begins between this check and the writes.
      if (!(await touchLease(db, chain, record.sender, token))) return false;
      await db
        .insertInto("transactions")
        .values({ id, chain, sender, ...values })
        .onConflict((conflict) => conflict.columns(["chain", "sender", "id"]).doUpdateSet(values))
        .execute();
      await db
        .insertInto("sender_costs")
        .values({ chain, sender, nonce, id, day: spendingDay(record), cost })
        .onConflict((conflict) => conflict.columns(["chain", "sender", "nonce", "id"]).doUpdateSet({ cost }))
        .execute();
      return true;
    });
  }

  async highestFinalNonce(chain: string, sender: Address): Promise<number | undefined> {
    const row = await this.#db
      .selectFrom("sender_costs as paid")
      .select("paid.nonce")
      .where("paid.chain", "=", chain)
      .where("paid.sender", "=", sender.toLowerCase())
      .where("paid.cost", "<>", "0")
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom("transactions as open")
              .select("open.id")
              .whereRef("open.chain", "=", "paid.chain")
              .whereRef("open.sender", "=", "paid.sender")
              .whereRef("open.nonce", "=", "paid.nonce")
              .where("open.settled_at", "is", null),
          ),
        ),
      )
      .orderBy("paid.nonce", "desc")
      .limit(1)
      .executeTakeFirst();
    return row?.nonce;
  }

  spentOn(chain: string, sender: Address, day: string): Promise<CountedCost[]> {
    return this.#db
      .selectFrom("sender_costs")
      .select(["id", "nonce", "cost"])
      .where("chain", "=", chain)
      .where("sender", "=", sender.toLowerCase())
      .where("day", "=", day)
      .execute();
  }
}

/** Whether this is the latest lease; sets when it ends where that is told. */
async function touchLease(
  db: Store,
  chain: string,
  sender: Address,
  token: number,
  expiresAt?: number,
): Promise<boolean> {
  const touched = await db
    .updateTable("sender_leases")
    .set(expiresAt === undefined ? { token } : { expires_at: expiresAt })
    .where("chain", "=", chain)
    .where("sender", "=", sender.toLowerCase())
    .where("token", "=", token)
    .executeTakeFirst();
  return touched.numUpdatedRows > 0n;
}

function parse(record: string): TransactionRecord {
  // What an earlier version wrote lacks what came later. CAST: written by `save` from a record, which is plain JSON.
  return { settledAt: null, l1Fee: "0", cost: "0", ...JSON.parse(record) } as TransactionRecord;
}
