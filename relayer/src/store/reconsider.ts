import { type TermsJson, termsFromJson } from "@herald/wire/terms";
import type { Admission } from "./applyStep.js";
import type { Store } from "./openStore.js";

/** Rows decided on in one transaction: the watchers wait for it. */
const PAGE = 200;

/** Decides anew on what was refused and is still open on its chain; the ids of those that are served after all. */
export async function reconsider(db: Store, admit: Admission): Promise<readonly string[]> {
  const served: string[] = [];
  for (let after = ""; ; ) {
    const rows = await db.transaction().execute(async (tx) => {
      const page = await tx
        .selectFrom("requests")
        .select(["id", "chain", "terms", "input", "observed_at", "top_up", "refusal"])
        .where("id", ">", after)
        .where("refusal", "is not", null)
        .where("settled_as", "is", null)
        .where("pending_tx", "is", null)
        .where("closed_at", "is", null)
        .where("close_at", ">", Math.floor(Date.now() / 1000))
        .orderBy("id")
        .limit(PAGE)
        .execute();
      for (const row of page) {
        const { id: requestId, chain, input, observed_at: observedAt } = row;
        // CAST: written by termsToJson in `applyStep`.
        const terms = termsFromJson(JSON.parse(row.terms) as TermsJson);
        const refusal = admit({ requestId, chain, terms, input, observedAt, topUp: BigInt(row.top_up) });
        if (refusal === row.refusal) continue;
        await tx.updateTable("requests").set({ refusal }).where("id", "=", requestId).execute();
        if (refusal === null) served.push(requestId);
      }
      return page;
    });
    const last = rows.at(-1);
    if (last === undefined) return served;
    after = last.id;
  }
}
