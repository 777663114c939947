import { type Kysely, type Migration, type MigrationProvider, sql } from "kysely";

/** Every schema change, in order. A migration that has run anywhere is never edited. */
const migrations: Record<string, Migration> = {
  "0001_first": {
    async up(db: Kysely<unknown>): Promise<void> {
      const table = (name: string) => db.schema.createTable(name);
      await table("blocks")
        .addColumn("chain", "text", (c) => c.notNull())
        .addColumn("number", "integer", (c) => c.notNull())
        .addColumn("hash", "text", (c) => c.notNull())
        .addColumn("parent_hash", "text", (c) => c.notNull())
        .addColumn("timestamp", "integer", (c) => c.notNull())
        .addPrimaryKeyConstraint("blocks_pk", ["chain", "number"])
        .execute();
      await table("cursors")
        .addColumn("chain", "text", (c) => c.primaryKey())
        .addColumn("number", "integer", (c) => c.notNull())
        .addColumn("hash", "text", (c) => c.notNull())
        .addColumn("finalized", "integer", (c) => c.notNull())
        .addColumn("head", "integer", (c) => c.notNull())
        .addColumn("updated_at", "bigint", (c) => c.notNull())
        .execute();
      await table("requests")
        .addColumn("id", "text", (c) => c.primaryKey())
        .addColumn("chain", "text", (c) => c.notNull())
        .addColumn("seq", "integer", (c) => c.notNull())
        .addColumn("requester", "text", (c) => c.notNull())
        .addColumn("terms", "text", (c) => c.notNull())
        .addColumn("input", "text", (c) => c.notNull())
        .addColumn("context", "text", (c) => c.notNull())
        .addColumn("origin_tx", "text", (c) => c.notNull())
        .addColumn("block_number", "integer", (c) => c.notNull())
        .addColumn("block_hash", "text", (c) => c.notNull())
        .addColumn("observed_at", "bigint", (c) => c.notNull())
        .addColumn("final_at", "bigint")
        .addColumn("parked", "integer", (c) => c.notNull().defaultTo(0))
        .addColumn("refusal", "text")
        .addColumn("started_at", "bigint")
        .addColumn("checked_at", "bigint")
        .addColumn("settled_as", "text")
        .addColumn("settled_tx", "text")
        .addColumn("settled_at", "bigint")
        .addColumn("settled_block", "text")
        .addColumn("callback", "text")
        .addColumn("rejection", "text")
        .addColumn("rejected_tx", "text")
        .addColumn("closed_at", "bigint")
        .execute();
      await db.schema.createIndex("requests_open").on("requests").columns(["closed_at", "chain"]).execute();
      await db.schema.createIndex("requests_tx").on("requests").column("origin_tx").execute();
      await table("effects")
        .addColumn("kind", "text", (c) => c.notNull())
        .addColumn("request_id", "text", (c) => c.notNull())
        .addColumn("attempt", "integer", (c) => c.notNull())
        .addColumn("lane", "text", (c) => c.notNull())
        .addColumn("payload", "text", (c) => c.notNull())
        .addColumn("batch_id", "text")
        .addColumn("reference", "text")
        .addColumn("task_token", "text")
        .addColumn("explanation", "text")
        .addColumn("created_at", "bigint", (c) => c.notNull())
        .addColumn("done_at", "bigint")
        .addColumn("told_at", "bigint")
        .addPrimaryKeyConstraint("effects_pk", ["kind", "request_id", "attempt"])
        .execute();
      await db.schema.createIndex("effects_waiting").on("effects").columns(["kind", "lane", "batch_id"]).execute();
      await db.schema.createIndex("effects_batch").on("effects").column("batch_id").execute();
      await db.schema.createIndex("effects_untold").on("effects").columns(["told_at", "done_at"]).execute();
      await table("batches")
        .addColumn("id", "text", (c) => c.primaryKey())
        .addColumn("kind", "text", (c) => c.notNull())
        .addColumn("lane", "text", (c) => c.notNull())
        .addColumn("notes", "text", (c) => c.notNull())
        .addColumn("opened_at", "bigint", (c) => c.notNull())
        .addColumn("closed_at", "bigint")
        .execute();
      await db.schema.createIndex("batches_open").on("batches").columns(["closed_at", "kind", "lane"]).execute();
      await table("transactions")
        .addColumn("id", "text", (c) => c.notNull())
        .addColumn("chain", "text", (c) => c.notNull())
        .addColumn("sender", "text", (c) => c.notNull())
        .addColumn("nonce", "integer", (c) => c.notNull())
        .addColumn("state", "text", (c) => c.notNull())
        .addColumn("record", "text", (c) => c.notNull())
        .addColumn("updated_at", "bigint", (c) => c.notNull())
        .addPrimaryKeyConstraint("transactions_pk", ["chain", "sender", "id"])
        .execute();
      await db.schema
        .createIndex("transactions_nonce")
        .on("transactions")
        .columns(["chain", "sender", "nonce"])
        .execute();
      await table("spans")
        .addColumn("request_id", "text", (c) => c.notNull())
        .addColumn("what", "text", (c) => c.notNull())
        .addColumn("from_ms", "bigint", (c) => c.notNull())
        .addColumn("to_ms", "bigint", (c) => c.notNull())
        .execute();
      await db.schema.createIndex("spans_request").on("spans").column("request_id").execute();
    },
  },
  "0002_gateway_events": {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable("gateway_events")
        .addColumn("chain", "text", (c) => c.notNull())
        .addColumn("block_hash", "text", (c) => c.notNull())
        .addColumn("log_index", "integer", (c) => c.notNull())
        .addColumn("block_number", "integer", (c) => c.notNull())
        .addColumn("request_id", "text", (c) => c.notNull())
        .addColumn("tx", "text", (c) => c.notNull())
        .addColumn("seen_at", "bigint", (c) => c.notNull())
        .addColumn("event", "text", (c) => c.notNull())
        .addPrimaryKeyConstraint("gateway_events_pk", ["chain", "block_hash", "log_index"])
        .execute();
      await db.schema.createIndex("gateway_events_request").on("gateway_events").column("request_id").execute();
      const requests = () => db.schema.alterTable("requests");
      await requests()
        .addColumn("close_at", "integer", (c) => c.notNull().defaultTo(0))
        .execute();
      await requests()
        .addColumn("closing_moved", "integer", (c) => c.notNull().defaultTo(0))
        .execute();
      await requests()
        .addColumn("top_up", "text", (c) => c.notNull().defaultTo("0"))
        .execute();
      await requests().addColumn("pending_tx", "text").execute();
      await requests().addColumn("pending_at", "bigint").execute();
      await requests().addColumn("result", "text").execute();
      await requests().addColumn("revealed_tx", "text").execute();
      await requests().addColumn("callback_reason", "text").execute();
      await requests().dropColumn("settled_block").execute();
      await sql`update requests set close_at = json_extract(terms, '$.deadline')`.execute(db);
    },
  },
  "0003_settled_transactions": {
    async up(db: Kysely<unknown>): Promise<void> {
      // What landed before is followed once more at the next start, to its final end.
      await db.schema.alterTable("transactions").addColumn("settled_at", "bigint").execute();
      await db.schema
        .createIndex("transactions_open")
        .on("transactions")
        .columns(["chain", "sender", "settled_at"])
        .execute();
    },
  },
  "0004_sender_costs": {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable("sender_costs")
        .addColumn("chain", "text", (c) => c.notNull())
        .addColumn("sender", "text", (c) => c.notNull())
        .addColumn("nonce", "integer", (c) => c.notNull())
        .addColumn("id", "text", (c) => c.notNull())
        .addColumn("day", "text", (c) => c.notNull())
        .addColumn("cost", "text", (c) => c.notNull())
        .addPrimaryKeyConstraint("sender_costs_pk", ["chain", "sender", "nonce", "id"])
        .execute();
      await db.schema.createIndex("sender_costs_day").on("sender_costs").columns(["chain", "sender", "day"]).execute();
    },
  },
  "0005_sender_leases": {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable("sender_leases")
        .addColumn("chain", "text", (c) => c.notNull())
        .addColumn("sender", "text", (c) => c.notNull())
        .addColumn("token", "integer", (c) => c.notNull())
        .addColumn("holder", "text", (c) => c.notNull())
        .addColumn("expires_at", "bigint", (c) => c.notNull())
        .addPrimaryKeyConstraint("sender_leases_pk", ["chain", "sender"])
        .execute();
    },
  },
};

export const migrationProvider: MigrationProvider = { getMigrations: () => Promise.resolve(migrations) };
