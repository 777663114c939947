import type { BlockRef, GatewayEvent, WatcherStep } from "@herald/chains/watch/watcherStep";
import { type Terms, type TermsJson, termsFromJson, termsToJson } from "@herald/wire/terms";
import type { Transaction } from "kysely";
import type { Database } from "./schema.js";
import { type KeptEvent, standingAfter } from "./standing.js";

/** How many blocks behind the cursor are kept to find a reorganisation's common ancestor. */
export const BLOCK_WINDOW = 512;

/**
 * Decides whether a request is served: when it is seen, and where it was refused also when it is topped up and when it is reconsidered. A
 * refusal is a sentence for whoever asks why.
 */
export type Admission = (request: {
  /** Lower case. */
  readonly requestId: string;
  readonly chain: string;
  readonly terms: Terms;
  readonly input: string;
  readonly observedAt: number;
  /** What was added to the relay fee. */
  readonly topUp: bigint;
}) => string | null;

/** Writes a watcher's step: cursor, blocks, and everything seen in them. True if there is news for the intake or the writers. */
export async function applyStep(tx: Transaction<Database>, step: WatcherStep, admit: Admission): Promise<boolean> {
  const { chain } = step;
  for (const block of step.removed) await removeBlock(tx, chain, block, admit);
  for (const { block, events } of step.added) {
    await addBlock(tx, chain, block);
    for (const event of events) await applyEvent(tx, chain, event, admit);
  }
  await tx
    .deleteFrom("blocks")
    .where("chain", "=", chain)
    .where("number", "<", Number(step.cursor.number) - BLOCK_WINDOW)
    .execute();
  const finalised = await tx
    .updateTable("requests")
    .set({ final_at: Date.now() })
    .where("chain", "=", chain)
    .where("final_at", "is", null)
    .where("parked", "=", 0)
    .where("block_number", "<=", Number(step.finalized.number))
    .executeTakeFirst();
  const cursor = {
    number: Number(step.cursor.number),
    hash: step.cursor.hash,
    finalized: Number(step.finalized.number),
    head: Number(step.head.number),
    updated_at: Date.now(),
  };
  await tx
    .insertInto("cursors")
    .values({ chain, ...cursor })
    .onConflict((conflict) => conflict.column("chain").doUpdateSet(cursor))
    .execute();
  return finalised.numUpdatedRows > 0n || step.added.some(({ events }) => events.length > 0);
}

/** Writes one event; however often it comes, it is there once. */
export async function applyEvent(
  tx: Transaction<Database>,
  chain: string,
  event: GatewayEvent,
  admit: Admission,
): Promise<void> {
  if (event.type === "MessageIgnored") return;
  if (event.type !== "RequestOpened") return await keepEvent(tx, chain, event, admit);
  const { id, terms, input, context, block, txHash, seq } = event;
  const requestId = id.toLowerCase();
  const observedAt = Date.now();
  const place = {
    origin_tx: txHash,
    block_number: Number(block.number),
    block_hash: block.hash,
    parked: 0,
  };
  await tx
    .insertInto("requests")
    .values({
      id: requestId,
      chain,
      seq: Number(seq),
      requester: terms.requester.toLowerCase(),
      terms: JSON.stringify(termsToJson(terms)),
      input,
      context,
      observed_at: observedAt,
      close_at: terms.deadline,
      refusal: admit({ requestId, chain, terms, input, observedAt, topUp: 0n }),
      ...place,
    })
    // Seen again after a reorganisation: the same request, in another block, waiting for finality anew.
    .onConflict((conflict) => conflict.column("id").doUpdateSet({ ...place, final_at: null }))
    .execute();
}

async function keepEvent(
  tx: Transaction<Database>,
  chain: string,
  event: Exclude<GatewayEvent, { type: "RequestOpened" | "MessageIgnored" }>,
  admit: Admission,
): Promise<void> {
  const { block, txHash, logIndex, ...said } = event;
  const requestId = event.id.toLowerCase();
  await tx
    .insertInto("gateway_events")
    .values({
      chain,
      block_hash: block.hash,
      log_index: logIndex,
      block_number: Number(block.number),
      request_id: requestId,
      tx: txHash,
      seen_at: Date.now(),
      event: JSON.stringify(said, (_key, value) => (typeof value === "bigint" ? value.toString() : value)),
    })
    // A step that is committed again.
    .onConflict((conflict) => conflict.columns(["chain", "block_hash", "log_index"]).doNothing())
    .execute();
  await updateStanding(tx, requestId, admit);
}

/** Computes the request's row anew from what the chain has said of it. */
export async function updateStanding(tx: Transaction<Database>, requestId: string, admit: Admission): Promise<void> {
  const row = await tx
    .selectFrom("requests")
    .select(["chain", "terms", "input", "refusal", "observed_at", "top_up"])
    .where("id", "=", requestId)
    .executeTakeFirst();
  if (row === undefined) return;
  const events = await tx
    .selectFrom("gateway_events")
    .select(["tx", "seen_at", "event"])
    .where("request_id", "=", requestId)
    .orderBy("block_number")
    .orderBy("log_index")
    .execute();
  // CAST: written by termsToJson and by `keepEvent`.
  const terms = termsFromJson(JSON.parse(row.terms) as TermsJson);
  const kept = events.map((it): KeptEvent => ({ tx: it.tx, seenAt: it.seen_at, event: JSON.parse(it.event) }));
  const standing = standingAfter(terms.deadline, kept);
  const { chain, input, observed_at: observedAt } = row;
  const topUp = BigInt(standing.top_up);
  // A top-up may reach what was too little; what is served stays served.
  const toppedUp = row.refusal !== null && topUp > BigInt(row.top_up);
  await tx
    .updateTable("requests")
    .set({
      ...standing,
      ...(standing.close_at !== terms.deadline && { closing_moved: 1 }),
      ...(toppedUp && { refusal: admit({ requestId, chain, terms, input, observedAt, topUp }) }),
    })
    .where("id", "=", requestId)
    .execute();
}

async function addBlock(tx: Transaction<Database>, chain: string, block: BlockRef): Promise<void> {
  const row = { hash: block.hash, parent_hash: block.parentHash, timestamp: Number(block.timestamp) };
  await tx
    .insertInto("blocks")
    .values({ chain, number: Number(block.number), ...row })
    .onConflict((conflict) => conflict.columns(["chain", "number"]).doUpdateSet(row))
    .execute();
}

/** A block left the chain: its requests are parked, what was said in it is unsaid. */
async function removeBlock(tx: Transaction<Database>, chain: string, block: BlockRef, admit: Admission): Promise<void> {
  await tx.deleteFrom("blocks").where("chain", "=", chain).where("hash", "=", block.hash).execute();
  await tx
    .updateTable("requests")
    .set({ parked: 1, final_at: null })
    .where("chain", "=", chain)
    .where("block_hash", "=", block.hash)
    .execute();
  const unsaid = await tx
    .selectFrom("gateway_events")
    .select("request_id")
    .distinct()
    .where("chain", "=", chain)
    .where("block_hash", "=", block.hash)
    .execute();
  await tx.deleteFrom("gateway_events").where("chain", "=", chain).where("block_hash", "=", block.hash).execute();
  for (const { request_id } of unsaid) await updateStanding(tx, request_id, admit);
}
