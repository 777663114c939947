import { sha256 } from "./sha256.js";

const LEAF = Uint8Array.of(0);
const INNER = Uint8Array.of(1);

/** Largest power of two strictly below `count` (which is at least 2): where a tree of `count` leaves splits. */
export function splitPoint(count: number): number {
  let point = 1;
  while (point * 2 < count) point *= 2;
  return point;
}

/** SHA-256 of a leaf, prefixed as in RFC 6962. */
export function leafHash(leaf: Uint8Array): Uint8Array {
  return sha256(LEAF, leaf);
}

/** RFC 6962 style Merkle root; of no leaves it is the hash of nothing. */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const only = leaves[0];
  if (only === undefined) return sha256();
  if (leaves.length === 1) return leafHash(only);
  const split = splitPoint(leaves.length);
  return sha256(INNER, merkleRoot(leaves.slice(0, split)), merkleRoot(leaves.slice(split)));
}

/** Where a leaf stands in a tree and what it takes to hash up to the root. */
export interface MerkleProof {
  /** Leaves of the tree. */
  readonly total: number;
  readonly index: number;
  /** Siblings from the leaf to the root, 32 bytes each. */
  readonly aunts: readonly Uint8Array[];
}

/** Root that `leaf` and its proof hash up to; undefined if the index is outside the tree or the number of aunts is not exact. */
export function rootOfMerkleProof(leaf: Uint8Array, proof: MerkleProof): Uint8Array | undefined {
  const { total, index, aunts } = proof;
  if (!Number.isSafeInteger(total) || !Number.isSafeInteger(index) || index < 0 || index >= total) return undefined;
  // Depth first: an oversized proof costs no hashing.
  const rights: boolean[] = [];
  for (let count = total, at = index; count > 1; ) {
    const split = splitPoint(count);
    const right = at >= split;
    rights.push(right);
    at = right ? at - split : at;
    count = right ? count - split : split;
  }
  if (rights.length !== aunts.length) return undefined;
  return rights
    .reverse()
    .reduce(
      (node, right, i) => sha256(INNER, ...(right ? [aunts[i] ?? EMPTY, node] : [node, aunts[i] ?? EMPTY])),
      leafHash(leaf),
    );
}

const EMPTY = new Uint8Array();
