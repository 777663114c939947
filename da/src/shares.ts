import { HeraldError } from "@herald/wire/errors";
import { NAMESPACE_LENGTH } from "./namespace.js";

/** Length of a share. */
export const SHARE_LENGTH = 512;
/** Length of the signer in a blob of share version 1. */
export const SIGNER_LENGTH = 20;
const INFO_LENGTH = 1;
const SEQUENCE_LENGTH = 4;
const CONTINUATION_CAPACITY = SHARE_LENGTH - NAMESPACE_LENGTH - INFO_LENGTH;

/** How many shares `length` bytes of data take; `signed` for share version 1. */
export function sharesNeeded(length: number, signed = false): number {
  const first = CONTINUATION_CAPACITY - SEQUENCE_LENGTH - (signed ? SIGNER_LENGTH : 0);
  return length <= first ? 1 : 1 + Math.ceil((length - first) / CONTINUATION_CAPACITY);
}

/**
 * Cuts a blob into shares: namespace 29 | info 1 | first share: length 4, signer 20 in version 1 | data, zero-padded.
 * A signer makes it share version 1.
 * @throws HeraldError DA_INVALID_BLOB for empty data or a signer that is not 20 bytes
 */
export function splitShares(namespace: Uint8Array, data: Uint8Array, signer?: Uint8Array): Uint8Array[] {
  if (data.length === 0 || (signer !== undefined && signer.length !== SIGNER_LENGTH)) {
    throw new HeraldError({
      code: "DA_INVALID_BLOB",
      message: "A blob needs data, and a signer of 20 bytes if it has one.",
      facts: { dataBytes: data.length, signerBytes: signer?.length },
      actor: "bug",
      retry: "never",
    });
  }
  const version = signer === undefined ? 0 : 1;
  const shares: Uint8Array[] = [];
  for (let taken = 0; taken < data.length; ) {
    const share = new Uint8Array(SHARE_LENGTH);
    share.set(namespace);
    let at = NAMESPACE_LENGTH;
    share[at++] = version * 2 + (taken === 0 ? 1 : 0);
    if (taken === 0) {
      new DataView(share.buffer).setUint32(at, data.length);
      at += SEQUENCE_LENGTH;
      if (signer !== undefined) {
        share.set(signer, at);
        at += SIGNER_LENGTH;
      }
    }
    const piece = data.subarray(taken, taken + SHARE_LENGTH - at);
    share.set(piece, at);
    taken += piece.length;
    shares.push(share);
  }
  return shares;
}
