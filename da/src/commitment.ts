import { HeraldError } from "@herald/wire/errors";
import { bytesToHex, type Hex, hexToBytes } from "viem";
import { merkleRoot } from "./merkle.js";
import { NAMESPACE_LENGTH, type Namespace } from "./namespace.js";
import { nmtLeaf, nmtRoot } from "./nmt.js";
import { splitShares } from "./shares.js";

/** Shares per subtree root above which a subtree grows (celestia-app `SubtreeRootThreshold`). */
const SUBTREE_ROOT_THRESHOLD = 64;

/** Smallest power of two that is at least `count`. */
function powerOfTwoFrom(count: number): number {
  let power = 1;
  while (power < count) power *= 2;
  return power;
}

/** Width of the subtrees a blob of `shares` shares is committed by. */
export function subtreeWidth(shares: number): number {
  return Math.min(
    powerOfTwoFrom(Math.ceil(shares / SUBTREE_ROOT_THRESHOLD)),
    powerOfTwoFrom(Math.ceil(Math.sqrt(shares))),
  );
}

/** Cuts `shares` into subtrees: full widths first, then the largest powers of two that still fit. */
export function subtreeSizes(shares: number, width: number): number[] {
  const sizes: number[] = [];
  for (let left = shares, size = width; left > 0; left -= size) {
    while (size > left) size /= 2;
    sizes.push(size);
  }
  return sizes;
}

/**
 * Share commitment of a blob (32 bytes, hex): depends on namespace, data and signer alone, so it is known before anything is sent.
 * @throws HeraldError DA_INVALID_BLOB for empty data
 */
export function shareCommitment(namespace: Namespace, data: Uint8Array, signer?: Uint8Array): Hex {
  const prefix = hexToBytes(namespace);
  const leaves = splitShares(prefix, data, signer).map((share) => nmtLeaf(share.subarray(0, NAMESPACE_LENGTH), share));
  let from = 0;
  const roots = subtreeSizes(leaves.length, subtreeWidth(leaves.length)).map((size) => {
    const root = nmtRoot(leaves.slice(from, from + size));
    from += size;
    if (root !== undefined) return root;
    throw new HeraldError({
      code: "DA_INVALID_BLOB",
      message: "The shares of a blob do not form a tree.",
      facts: { namespace },
      actor: "bug",
      retry: "never",
    });
  });
  return bytesToHex(merkleRoot(roots));
}
