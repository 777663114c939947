import { bytesToHex, hexToBytes } from "viem";
import { shareCommitment, subtreeSizes, subtreeWidth } from "../src/commitment.js";
import type { CommitmentProof } from "../src/commitmentProof.js";
import { leafHash, merkleRoot } from "../src/merkle.js";
import { namespaceOf, PARITY_NAMESPACE } from "../src/namespace.js";
import { nmtLeaf, nmtRoot } from "../src/nmt.js";
import { splitShares } from "../src/shares.js";

const namespace = namespaceOf("square");
const own = hexToBytes(namespace);
const below = hexToBytes(`0x${"00".repeat(28)}04`);
const above = hexToBytes(`0x00${"00".repeat(18)}${"ff".repeat(10)}`);

export interface SyntheticSquare {
  /** Width of the original square. */
  readonly width: number;
  readonly data: Uint8Array;
  /** Share index the blob starts at. */
  readonly first: number;
  /** Where row `i` of the blob's rows is put among the 2 × width rows; in a real square that is `row + i`. */
  readonly place?: (row: number) => number;
}

/**
 * Lays one blob out in a square of other shares and makes its proof as a node does. Parity is any bytes; rows may be put where no real
 * square has them, to see whether a verifier minds.
 */
export function syntheticSquare({ width, data, first, place = (row) => row }: SyntheticSquare) {
  const shares = splitShares(own, data);
  const last = first + shares.length - 1;
  const rowOf = (row: number) =>
    Array.from({ length: 2 * width }, (_, column) => {
      const index = row * width + column;
      if (column >= width) return nmtLeaf(PARITY_NAMESPACE, Uint8Array.of(row, column));
      const share = shares[index - first];
      if (share !== undefined) return nmtLeaf(own, share);
      return nmtLeaf(index < first ? below : above, Uint8Array.of(index));
    });
  const roots = Array.from({ length: 4 * width }, (_, i) => leafHash(Uint8Array.of(i)));
  const padded = roots.map((root) => Buffer.concat([PARITY_NAMESPACE, PARITY_NAMESPACE, root]));
  const startRow = Math.floor(first / width);
  const endRow = Math.floor(last / width);
  const rows = Array.from({ length: endRow - startRow + 1 }, (_, i) => startRow + i);
  for (const row of rows) padded[place(row)] = Buffer.from(must(nmtRoot(rowOf(row))));

  const step = subtreeWidth(shares.length);
  const subtreeRoots: Uint8Array[] = [];
  const ranges = rows.map((row) => {
    const leaves = rowOf(row);
    const start = row === startRow ? first % width : 0;
    const end = row === endRow ? (last % width) + 1 : width;
    let at = start;
    for (const size of subtreeSizes(end - start, step)) {
      subtreeRoots.push(must(nmtRoot(leaves.slice(at, at + size))));
      at += size;
    }
    return { start, end, nodes: besides(leaves, 0, start, end) };
  });
  const proof: CommitmentProof = {
    namespace: own,
    subtreeRoots,
    ranges,
    rowRoots: rows.map((row) => must(padded[place(row)])),
    rowProofs: rows.map((row) => ({
      total: padded.length,
      index: place(row),
      leafHash: leafHash(must(padded[place(row)])),
      aunts: aunts(padded, place(row)),
    })),
    startRow: place(startRow),
    endRow: place(startRow) + rows.length - 1,
  };
  return { proof, namespace, commitment: shareCommitment(namespace, data), dataRoot: bytesToHex(merkleRoot(padded)) };
}

/** Roots of the largest subtrees outside `[start, end)`, left to right. */
function besides(leaves: readonly Uint8Array[], offset: number, start: number, end: number): Uint8Array[] {
  const to = offset + leaves.length;
  if (to <= start || offset >= end) return [must(nmtRoot(leaves))];
  if (offset >= start && to <= end) return [];
  const half = leaves.length / 2;
  return [
    ...besides(leaves.slice(0, half), offset, start, end),
    ...besides(leaves.slice(half), offset + half, start, end),
  ];
}

function aunts(leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  if (leaves.length === 1) return [];
  const half = leaves.length / 2; // a power of two
  const [left, right] = [leaves.slice(0, half), leaves.slice(half)];
  return index < half ? [...aunts(left, index), merkleRoot(right)] : [...aunts(right, index - half), merkleRoot(left)];
}

function must<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error("the square is not well formed");
  return value;
}
