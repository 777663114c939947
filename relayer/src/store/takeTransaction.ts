import type { TransactionEvents } from "@herald/chains/watch/transactionEvents";
import { HeraldError } from "@herald/wire/errors";
import type { Transaction } from "kysely";
import { type Admission, applyEvent, updateStanding } from "./applyStep.js";
import type { Database } from "./schema.js";

/** What became of a request in a transaction taken in by hand. */
export interface Taken {
  readonly requestId: string;
  /** `settled`: its gateway has settled it, so there is nothing to do. */
  readonly result: "taken" | "known" | "settled";
}

/**
 * Writes what one transaction said beside the watcher's steps, whichever of the two comes first. Only of a block that is final, or one the
 * watcher holds and would park the requests of, should it leave the chain.
 * @throws HeraldError INTAKE_BLOCK_NOT_FINAL
 */
export async function takeTransaction(
  tx: Transaction<Database>,
  seen: TransactionEvents,
  admit: Admission,
): Promise<readonly Taken[]> {
  const { chain, block, isFinal, events, states } = seen;
  if (!isFinal && !(await isHeld(tx, seen))) {
    throw new HeraldError({
      code: "INTAKE_BLOCK_NOT_FINAL",
      message: "The transaction's block is not final, and it is not among the blocks the watcher holds.",
      facts: { chain, transaction: events[0]?.txHash, block: block.number },
      fix: "Ask again when the block is final, or when the watcher has reached it.",
      actor: "upstream",
      retry: { afterMs: 5_000 },
    });
  }
  const taken: Taken[] = [];
  for (const event of events) {
    if (event.type !== "RequestOpened") {
      await applyEvent(tx, chain, event, admit);
      continue;
    }
    const requestId = event.id.toLowerCase();
    const row = await tx.selectFrom("requests").selectAll().where("id", "=", requestId).executeTakeFirst();
    if (row?.parked === 0 && row.block_hash === block.hash) {
      taken.push({ requestId, result: "known" });
    } else {
      const state = states.get(event.id);
      const isSettled = row === undefined && state !== "open";
      // Kept also then, since the gateway's count has it too; its settlement may lie where nobody looks.
      const admission = isSettled ? () => `Its gateway says that it is ${state}; there is nothing to do.` : admit;
      await applyEvent(tx, chain, event, admission);
      // What the watcher heard of it before it knew of the request itself.
      await updateStanding(tx, requestId, admit);
      const now = Date.now();
      // Closed, so that no refusal that is reconsidered starts it.
      const marks = { ...(isFinal && { final_at: now }), ...(isSettled && { closed_at: now }) };
      if (isFinal || isSettled) await tx.updateTable("requests").set(marks).where("id", "=", requestId).execute();
      taken.push({ requestId, result: isSettled ? "settled" : "taken" });
    }
  }
  return taken;
}

async function isHeld(tx: Transaction<Database>, { chain, block }: TransactionEvents): Promise<boolean> {
  const held = tx.selectFrom("blocks").select("hash").where("chain", "=", chain).where("hash", "=", block.hash);
  return (await held.executeTakeFirst()) !== undefined;
}
