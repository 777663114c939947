import type { Json } from "@herald/wire/canonicalJson";
import { HeraldError } from "@herald/wire/errors";
import type {
  Batch,
  Completion,
  Effect,
  EffectKey,
  EffectKind,
  Explanation,
  Outbox,
} from "@herald/workflows/effects/outbox";
import type { Transaction } from "kysely";
import type { Store } from "./openStore.js";
import type { Database, EffectsTable } from "./schema.js";

/** The outbox in the relayer's database. Each method is one transaction. */
export class SqlOutbox implements Outbox {
  readonly #db: Store;
  readonly #onEntered: (effect: Effect) => void;

  /** `onEntered` is called after an effect was stored, so that its writer can be woken. */
  constructor(db: Store, onEntered: (effect: Effect) => void = () => undefined) {
    this.#db = db;
    this.#onEntered = onEntered;
  }

  async enter(effect: Effect, taskToken: string): Promise<{ readonly reference: Json } | null> {
    const done = await this.#db.transaction().execute(async (tx) => {
      const found = await byKey(tx, effect).select(["reference"]).executeTakeFirst();
      if (found?.reference != null) {
        await markTold(tx, effect);
        return { reference: parseJson(found.reference) };
      }
      if (found !== undefined) {
        await tx
          .updateTable("effects")
          .set({ task_token: taskToken })
          .where("kind", "=", effect.kind)
          .where("request_id", "=", effect.requestId)
          .where("attempt", "=", effect.attempt)
          .execute();
        return null;
      }
      await tx
        .insertInto("effects")
        .values({
          kind: effect.kind,
          request_id: effect.requestId,
          attempt: effect.attempt,
          lane: effect.lane,
          payload: JSON.stringify(effect.payload),
          task_token: taskToken,
          created_at: Date.now(),
        })
        .execute();
      if (effect.kind === "refund") await withdraw(tx, effect.requestId);
      return null;
    });
    if (done === null) this.#onEntered(effect);
    return done;
  }

  async waiting(kind: EffectKind, lane: string, limit: number): Promise<readonly Effect[]> {
    const rows = await this.#db
      .selectFrom("effects")
      .selectAll()
      .where("kind", "=", kind)
      .where("lane", "=", lane)
      .where("batch_id", "is", null)
      .$if(kind !== "refund", (query) =>
        query.where("request_id", "in", (final) =>
          final.selectFrom("requests").select("id").where("final_at", "is not", null).where("parked", "=", 0),
        ),
      )
      .orderBy("created_at")
      .orderBy("request_id")
      .limit(limit)
      .execute();
    return rows.map(toEffect);
  }

  async openBatch(kind: EffectKind, lane: string, batchId: string, effects: readonly EffectKey[]): Promise<Batch> {
    return await this.#db.transaction().execute(async (tx) => {
      await tx
        .insertInto("batches")
        .values({ id: batchId, kind, lane, notes: "null", opened_at: Date.now() })
        .execute();
      for (const key of effects) {
        const { numUpdatedRows } = await tx
          .updateTable("effects")
          .set({ batch_id: batchId })
          .where("kind", "=", key.kind)
          .where("request_id", "=", key.requestId)
          .where("attempt", "=", key.attempt)
          .where("batch_id", "is", null)
          .executeTakeFirst();
        if (numUpdatedRows !== 1n) throw alreadyTaken(key, batchId);
      }
      return await readBatch(tx, batchId);
    });
  }

  async openBatches(kind: EffectKind, lane: string): Promise<readonly Batch[]> {
    const rows = await this.#db
      .selectFrom("batches")
      .select("id")
      .where("kind", "=", kind)
      .where("lane", "=", lane)
      .where("closed_at", "is", null)
      .orderBy("opened_at")
      .execute();
    return await Promise.all(rows.map((row) => readBatch(this.#db, row.id)));
  }

  async noteBatch(batchId: string, notes: Json): Promise<void> {
    await this.#db
      .updateTable("batches")
      .set({ notes: JSON.stringify(notes) })
      .where("id", "=", batchId)
      .execute();
  }

  async closeBatch(
    batchId: string,
    references: readonly { readonly key: EffectKey; readonly reference: Json }[],
  ): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      const at = Date.now();
      for (const { key, reference } of references) {
        await tx
          .updateTable("effects")
          .set({ reference: JSON.stringify(reference), done_at: at, explanation: null })
          .where("kind", "=", key.kind)
          .where("request_id", "=", key.requestId)
          .where("attempt", "=", key.attempt)
          .where("batch_id", "=", batchId)
          .execute();
      }
      await tx.updateTable("batches").set({ closed_at: at }).where("id", "=", batchId).execute();
    });
  }

  async explain(batchId: string, explanation: Explanation): Promise<void> {
    await this.#db
      .updateTable("effects")
      .set({ explanation: JSON.stringify(explanation) })
      .where("batch_id", "=", batchId)
      .execute();
  }

  async payload(key: EffectKey): Promise<Json | undefined> {
    const row = await byKey(this.#db, key).select("payload").executeTakeFirst();
    return row === undefined ? undefined : parseJson(row.payload);
  }

  async completions(limit: number): Promise<readonly Completion[]> {
    const rows = await this.#db
      .selectFrom("effects")
      .select(["kind", "request_id", "attempt", "task_token", "reference"])
      .where("done_at", "is not", null)
      .where("told_at", "is", null)
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      key: toKey(row),
      taskToken: row.task_token ?? "",
      reference: parseJson(row.reference ?? "null"),
    }));
  }

  async completed(key: EffectKey): Promise<void> {
    await markTold(this.#db, key);
  }
}

async function withdraw(tx: Transaction<Database>, requestId: string): Promise<void> {
  await tx
    .deleteFrom("effects")
    .where("request_id", "=", requestId)
    .where("kind", "!=", "refund")
    .where("batch_id", "is", null)
    .execute();
}

function byKey(db: Store | Transaction<Database>, key: EffectKey) {
  return db
    .selectFrom("effects")
    .where("kind", "=", key.kind)
    .where("request_id", "=", key.requestId)
    .where("attempt", "=", key.attempt);
}

async function markTold(db: Store | Transaction<Database>, key: EffectKey): Promise<void> {
  await db
    .updateTable("effects")
    .set({ told_at: Date.now() })
    .where("kind", "=", key.kind)
    .where("request_id", "=", key.requestId)
    .where("attempt", "=", key.attempt)
    .execute();
}

async function readBatch(db: Store | Transaction<Database>, batchId: string): Promise<Batch> {
  const batch = await db.selectFrom("batches").selectAll().where("id", "=", batchId).executeTakeFirstOrThrow();
  const effects = await db
    .selectFrom("effects")
    .selectAll()
    .where("batch_id", "=", batchId)
    .orderBy("created_at")
    .orderBy("request_id")
    .execute();
  return {
    id: batch.id,
    // CAST: written from an EffectKind by `openBatch`.
    kind: batch.kind as EffectKind,
    lane: batch.lane,
    effects: effects.map(toEffect),
    notes: parseJson(batch.notes),
  };
}

function toKey(row: { kind: string; request_id: string; attempt: number }): EffectKey {
  // CAST: written from an EffectKind by `enter`.
  return { kind: row.kind as EffectKind, requestId: row.request_id, attempt: row.attempt };
}

function toEffect(row: EffectsTable): Effect {
  return { ...toKey(row), lane: row.lane, payload: parseJson(row.payload) };
}

function parseJson(text: string): Json {
  // CAST: written by JSON.stringify from a Json above.
  return JSON.parse(text) as Json;
}

function alreadyTaken(key: EffectKey, batchId: string): HeraldError {
  return new HeraldError({
    code: "OUTBOX_EFFECT_TAKEN",
    message: "The effect is already in another batch.",
    facts: { kind: key.kind, requestId: key.requestId, batch: batchId },
    fix: "Run one relayer per database.",
    actor: "operator",
    retry: "now",
  });
}
