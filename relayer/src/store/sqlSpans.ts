import type { Outside, SpanRecorder } from "@herald/workflows/activities/spans";
import type { Store } from "./openStore.js";

/** Keeps the times requests spent waiting for the outside. */
export class SqlSpans implements SpanRecorder {
  readonly #db: Store;

  constructor(db: Store) {
    this.#db = db;
  }

  async record(requestIds: readonly string[], what: Outside, fromMs: number, toMs: number): Promise<void> {
    if (requestIds.length === 0) return;
    await this.#db
      .insertInto("spans")
      .values(requestIds.map((id) => ({ request_id: id.toLowerCase(), what, from_ms: fromMs, to_ms: toMs })))
      .execute();
  }
}
