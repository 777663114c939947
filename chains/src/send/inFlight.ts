import type { TransactionReceipt } from "viem";
import type { TransactionAttempt, TransactionRecord } from "./transactionStore.js";
import { Waiters } from "./waiters.js";

/** What became of a transaction; `receipt` is absent when another transaction took its nonce. */
export interface Outcome {
  readonly record: TransactionRecord;
  readonly receipt?: TransactionReceipt;
}

/** A transaction with signed bytes that is not final yet, and those who wait for it. */
export class InFlight {
  record: TransactionRecord;
  /** Unix milliseconds; 0 = not broadcast by this process yet. */
  lastBroadcast = 0;
  broadcastAt: number | null;
  /** When to raise the fee if it has not landed. */
  escalateAt: number;
  /** Nodes will never take these bytes: use the nonce up with an empty transfer. */
  refused = false;
  /** Looks in a row that found the nonce used and no receipt of ours. */
  unseen = 0;
  /** Resolves with its receipt, which a reorganisation may still take away. */
  readonly landed = new Waiters<Outcome>();
  /** Resolves once no reorganisation can change it any more. */
  readonly final = new Waiters<Outcome>();

  constructor(record: TransactionRecord, escalateAt: number) {
    this.record = record;
    this.broadcastAt = record.broadcastAt;
    this.escalateAt = escalateAt;
  }

  get nonce(): number {
    return this.record.nonce;
  }

  /** Not in a block, as far as we know. */
  get waiting(): boolean {
    return this.record.state === "signed";
  }

  /** The attempt that is broadcast. */
  get latest(): TransactionAttempt {
    const attempt = this.record.attempts.at(-1);
    if (attempt === undefined) throw new Error("a transaction record has no attempt");
    return attempt;
  }

  /** Tells everyone who waits why it takes long; the transaction is followed on. */
  complain(error: unknown): void {
    this.landed.reject(error);
    this.final.reject(error);
  }

  /** Nobody here follows it any more. */
  abandon(error: unknown): void {
    this.landed.end(error);
    this.final.end(error);
  }
}
