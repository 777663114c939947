import { setTimeout as delay } from "node:timers/promises";
import { formatError, formatFact, isHeraldError } from "@herald/wire/errors";
import type { Log } from "@herald/wire/log";
import type { Wake } from "@herald/wire/wake";
import type { Batch, Effect, EffectKind, Explanation, Outbox } from "./outbox.js";

/** What a writer leaves behind while it carries a batch out. */
export interface BatchNotes {
  /** Says what the batch waits for; `nobody` must act unless said otherwise. */
  explain(
    reason: string,
    actor?: Explanation["actor"],
    more?: Partial<Omit<Explanation, "reason" | "actor">>,
  ): Promise<void>;
  save(notes: Batch["notes"]): Promise<void>;
}

type Groups = readonly (readonly Effect[])[];

/** How one kind of effect is grouped and carried out. */
export interface EffectWriter {
  readonly kind: EffectKind;
  readonly lane: string;
  /** Splits what waits into batches; each group goes out as one. */
  group(effects: readonly Effect[]): Groups | Promise<Groups>;
  /**
   * Carries a batch out and returns each effect's reference. Called again for the same batch after a failure or a restart, so it must
   * find what it already did (the sender's idempotency key, the DA journal).
   */
  act(batch: Batch, note: BatchNotes): Promise<readonly { readonly key: Effect; readonly reference: Batch["notes"] }[]>;
}

/** How often a writer looks when nobody woke it. */
const IDLE_MS = 2_000;
/** What arrives together goes out together: a pause between being woken and looking, short beside any block time. */
const GATHER_MS = 15;
/** Most effects looked at in one pass. */
const PASS_LIMIT = 500;
/** Most batches of one writer in flight at a time. */
const MAX_IN_FLIGHT = 16;

/**
 * Runs a writer until `signal`: batches opened before a restart first, then whatever waits. A batch that fails is tried again with
 * back-off, its reason kept; it never holds back the others.
 */
export async function runWriter(parameters: {
  readonly writer: EffectWriter;
  readonly outbox: Outbox;
  readonly log: Log;
  /** Woken when an effect was left for this writer, or may go out now. */
  readonly wake: Wake;
  /** Batches of this writer that may be out at once. */
  readonly maxInFlight?: number;
  /** Called after effects finished, so that their activities are told at once. */
  readonly onFinished: () => void;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { writer, outbox, wake, signal, onFinished } = parameters;
  const log = parameters.log.child({ writer: writer.kind, lane: writer.lane });
  const maxInFlight = parameters.maxInFlight ?? MAX_IN_FLIGHT;
  const inFlight = new Map<string, Promise<void>>();

  const launch = (batch: Batch): void => {
    inFlight.set(
      batch.id,
      carryOut(batch).finally(() => {
        inFlight.delete(batch.id);
        wake.wake();
      }),
    );
  };

  async function carryOut(batch: Batch): Promise<void> {
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        const references = await writer.act(batch, {
          explain: (reason, actor = "nobody", more = {}) =>
            outbox.explain(batch.id, { reason, actor, code: null, fix: null, nextAttemptAt: null, ...more }),
          save: (notes) => outbox.noteBatch(batch.id, notes),
        });
        await outbox.closeBatch(batch.id, references);
        onFinished();
        return;
      } catch (error) {
        if (signal.aborted) return;
        const wait = Math.min(10_000, 250 * 2 ** Math.min(attempt - 1, 6));
        log.warn("An effect failed and will be tried again.", {
          batch: batch.id,
          attempt,
          wait,
          error: formatError(error),
        });
        await explainQuietly(batch.id, explanationOf(error, Date.now() + wait));
        await delay(wait, undefined, { signal }).catch(() => undefined);
        batch = (await reread(batch)) ?? batch;
      }
    }
  }

  // The notes may have grown in the failed attempt; the next one must see them.
  async function reread(batch: Batch): Promise<Batch | undefined> {
    return (await outbox.openBatches(writer.kind, writer.lane)).find((it) => it.id === batch.id);
  }

  async function explainQuietly(batchId: string, explanation: Explanation): Promise<void> {
    await outbox.explain(batchId, explanation).catch((error: unknown) => {
      log.error("The store refused a reason.", { batch: batchId, error: formatError(error) });
    });
  }

  for (const batch of await outbox.openBatches(writer.kind, writer.lane)) launch(batch);
  while (!signal.aborted) {
    try {
      if (inFlight.size < maxInFlight) {
        const waiting = await outbox.waiting(writer.kind, writer.lane, PASS_LIMIT);
        const groups = await writer.group(waiting);
        for (const group of groups.slice(0, maxInFlight - inFlight.size)) {
          const [first] = group;
          if (first === undefined) continue;
          // Named after its first effect: an effect is in one batch only, so the name is unique.
          const id = `${writer.kind}/${writer.lane}/${first.requestId}/${first.attempt}`;
          launch(await outbox.openBatch(writer.kind, writer.lane, id, group));
        }
      }
    } catch (error) {
      log.error("The outbox could not be read.", { error: formatError(error) });
    }
    await wake.sleep(IDLE_MS, signal);
    await delay(GATHER_MS);
  }
  await Promise.all(inFlight.values());
}

function explanationOf(error: unknown, nextAttemptAt: number): Explanation {
  if (!isHeraldError(error)) return { reason: String(error), actor: "bug", code: null, fix: null, nextAttemptAt };
  const facts = Object.entries(error.facts).map(([name, value]) => `${name} ${formatFact(value)}`);
  const reason = facts.length === 0 ? error.message : `${error.message} (${facts.join(", ")})`;
  return { reason, actor: error.actor, code: error.code, fix: error.fix ?? null, nextAttemptAt };
}
