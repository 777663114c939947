import { HeraldError } from "@herald/wire/errors";
import { concatHex, type Hex, keccak256 } from "viem";
import type { Namespace } from "./namespace.js";
import { SHARE_LENGTH, sharesNeeded } from "./shares.js";

/**
 * Most bytes of shares one submission may carry: 7 MiB, which leaves 1 MiB of the network's 8 MiB transaction limit for the rest of it.
 */
export const MAX_BATCH_BYTES = 7 * 1024 * 1024;

/** Bytes of shares that blobs of these lengths take, to compare with `MAX_BATCH_BYTES`. */
export function batchBytes(blobs: readonly { readonly length: number }[]): number {
  return blobs.reduce((sum, { length }) => sum + sharesNeeded(length) * SHARE_LENGTH, 0);
}

/** Name of a batch: the same blobs in the same order give the same name. */
export function batchIdOf(namespace: Namespace, commitments: readonly Hex[]): Hex {
  return keccak256(concatHex([namespace, ...commitments]));
}

/** @throws HeraldError DA_EMPTY_BATCH, DA_TOO_LARGE */
export function checkBatch(blobs: readonly Uint8Array[]): void {
  if (blobs.length === 0 || blobs.some((blob) => blob.length === 0)) {
    throw new HeraldError({
      code: "DA_EMPTY_BATCH",
      message: "A batch needs at least one blob, and no blob may be empty.",
      facts: { blobs: blobs.length },
      actor: "bug",
      retry: "never",
    });
  }
  const bytes = batchBytes(blobs);
  if (bytes <= MAX_BATCH_BYTES) return;
  throw new HeraldError({
    code: "DA_TOO_LARGE",
    message: "The blobs do not fit one Celestia transaction.",
    facts: { blobs: blobs.length, bytes, limit: MAX_BATCH_BYTES },
    actor: "bug",
    fix: "Split the batch; a single blob this large cannot be published.",
    retry: "never",
  });
}
