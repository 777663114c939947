import type { Hex } from "viem";
import type { Namespace } from "./namespace.js";

/** A blob that is on the chain, its inclusion checked against the block's data root. */
export interface PublishedBlob {
  readonly namespace: Namespace;
  readonly commitment: Hex;
  readonly height: bigint;
  /** Data root of the block at `height`. */
  readonly dataRoot: Hex;
}

/** What has to survive a crash for a batch never to be sent twice by mistake. */
export interface BlobRecord {
  /** Names the batch: hash of namespace and commitments, see `batchIdOf`. */
  readonly batch: Hex;
  readonly namespace: Namespace;
  /** Of the batch's blobs, in order; equal blobs appear once. */
  readonly commitments: readonly Hex[];
  /** First height the batch can be at. */
  readonly fromHeight: bigint;
  /** Head of the chain when the last submission that may still be in flight began; null if there is none. */
  readonly sentAt: bigint | null;
  /** Set once everything is on the chain and checked; in the order of `commitments`. */
  readonly published: readonly PublishedBlob[] | null;
}

/**
 * Where `publishBlobs` keeps its records; implemented by the caller's store. One writer per batch at a time.
 */
export interface BlobJournal {
  load(batch: Hex): Promise<BlobRecord | undefined>;
  /** Inserts or replaces the record of `record.batch`; resolves only when it is durable. */
  save(record: BlobRecord): Promise<void>;
}
