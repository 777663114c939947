import type { Json } from "@herald/wire/canonicalJson";
import type { ErrorActor } from "@herald/wire/errors";

/** What an effect does to the outside. One writer per (kind, lane) acts; nobody else does. */
export type EffectKind = "evidence" | "result" | "delivery" | "refund" | "finalize" | "reveal";

/** `effects(kind, requestId, attempt)` is unique: an activity that is retried finds its row instead of acting again. */
export interface EffectKey {
  readonly kind: EffectKind;
  readonly requestId: string;
  readonly attempt: number;
}

/** One wanted effect. */
export interface Effect extends EffectKey {
  /** Which writer serves it: the DA namespace, the hub's destination, the origin chain. */
  readonly lane: string;
  readonly payload: Json;
}

/** Effects that go out together, with what the writer persisted before acting. */
export interface Batch {
  readonly id: string;
  readonly kind: EffectKind;
  readonly lane: string;
  readonly effects: readonly Effect[];
  /** The writer's own notes (DA journal, message reference), null until it wrote some. */
  readonly notes: Json;
}

/** A finished effect whose waiting activity has not heard of it yet. */
export interface Completion {
  readonly key: EffectKey;
  readonly taskToken: string;
  readonly reference: Json;
}

/** Why an effect is not done yet, for whoever asks about its request. */
export interface Explanation {
  readonly reason: string;
  /** Who must act for it to go on; `nobody` while work simply takes its time. */
  readonly actor: ErrorActor | "nobody";
  /** Code of the last failure. */
  readonly code: string | null;
  /** What the actor can do about it. */
  readonly fix: string | null;
  /** Unix milliseconds of the next try; null while one is running. */
  readonly nextAttemptAt: number | null;
}

/** Where effects wait, implemented by the relayer's store. Every method is one transaction. */
export interface Outbox {
  /**
   * Inserts the effect, or finds it: its reference if it is done, else null and `taskToken` replaces the earlier one. A refund withdraws
   * the effects of its request that no batch has taken: they would come too late.
   */
  enter(effect: Effect, taskToken: string): Promise<{ readonly reference: Json } | null>;
  /**
   * Effects no batch has taken yet, oldest first. Those of a request whose origin block is not final (any more) are held back, refunds
   * excepted: nothing leaves before finality.
   */
  waiting(kind: EffectKind, lane: string, limit: number): Promise<readonly Effect[]>;
  /** Takes effects into a new batch: from now on they go out together or not at all. */
  openBatch(kind: EffectKind, lane: string, batchId: string, effects: readonly EffectKey[]): Promise<Batch>;
  /** Batches that were opened and not closed, oldest first: work a restart has to take up first. */
  openBatches(kind: EffectKind, lane: string): Promise<readonly Batch[]>;
  noteBatch(batchId: string, notes: Json): Promise<void>;
  /** Closes the batch and gives each of its effects its reference. */
  closeBatch(
    batchId: string,
    references: readonly { readonly key: EffectKey; readonly reference: Json }[],
  ): Promise<void>;
  explain(batchId: string, explanation: Explanation): Promise<void>;
  /** What the effect's activity left here; undefined if there is no such effect. */
  payload(key: EffectKey): Promise<Json | undefined>;
  /** Done effects whose activity is still to be told. */
  completions(limit: number): Promise<readonly Completion[]>;
  /** The activity was told, or is gone. */
  completed(key: EffectKey): Promise<void>;
}
