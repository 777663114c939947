import { concatHex, type Hex, keccak256 } from "viem";

const DEPTH = 32;
const EMPTY_LEAF: Hex = `0x${"00".repeat(32)}`;

/** Root of an empty subtree by height. */
const zeroes: readonly Hex[] = Array.from({ length: DEPTH }).reduce<Hex[]>(
  (all) => {
    const below = all.at(-1) ?? EMPTY_LEAF;
    return [...all, hashPair(below, below)];
  },
  [EMPTY_LEAF],
);

/**
 * The append-only tree of Hyperlane's MerkleTreeHook (MerkleLib.sol): depth 32, keccak256, empty leaves of zero. Only the left siblings on
 * the path of the next leaf are kept. A value: `insert` gives a new tree.
 */
export interface IncrementalTree {
  readonly count: number;
  /** Height 0 first; entries whose bit in `count` is 0 are meaningless. */
  readonly branch: readonly Hex[];
}

/** A tree without leaves. */
export const emptyTree: IncrementalTree = { count: 0, branch: zeroes.slice(0, DEPTH) };

/** Appends a leaf. */
export function insertLeaf(tree: IncrementalTree, leaf: Hex): IncrementalTree {
  const count = tree.count + 1;
  const branch = [...tree.branch];
  let node = leaf;
  for (let height = 0; height < DEPTH; height++) {
    if (bit(count, height)) {
      branch[height] = node;
      break;
    }
    node = hashPair(at(branch, height), node);
  }
  return { count, branch };
}

/** The root, empty leaves filled in. */
export function treeRoot({ count, branch }: IncrementalTree): Hex {
  let node: Hex = EMPTY_LEAF;
  for (let height = 0; height < DEPTH; height++) {
    node = bit(count, height) ? hashPair(at(branch, height), node) : hashPair(node, at(zeroes, height));
  }
  return node;
}

/**
 * Siblings on the path of leaf number `before.count`, leaf level first, in the tree that also holds the `later` leaves behind it.
 */
export function merkleProof(before: IncrementalTree, leaf: Hex, later: readonly Hex[]): readonly Hex[] {
  /** Nodes of this height from the leaf's own on; what is left of them is in the branch. */
  let nodes: readonly Hex[] = [leaf, ...later];
  const siblings: Hex[] = [];
  for (let height = 0; height < DEPTH; height++) {
    const isRight = bit(before.count, height);
    const empty = at(zeroes, height);
    siblings.push(isRight ? at(before.branch, height) : (nodes[1] ?? empty));
    const pairs = isRight ? [at(before.branch, height), ...nodes] : nodes;
    nodes = Array.from({ length: Math.ceil(pairs.length / 2) }, (_, i) =>
      hashPair(pairs[2 * i] ?? empty, pairs[2 * i + 1] ?? empty),
    );
  }
  return siblings;
}

/** The root a proof gives for a leaf (MerkleLib.branchRoot). */
export function proofRoot(leaf: Hex, index: number, siblings: readonly Hex[]): Hex {
  return siblings.reduce(
    (node, sibling, height) => (bit(index, height) ? hashPair(sibling, node) : hashPair(node, sibling)),
    leaf,
  );
}

function hashPair(left: Hex, right: Hex): Hex {
  return keccak256(concatHex([left, right]));
}

function bit(value: number, height: number): boolean {
  // Not with shifts: they are 32-bit signed, and the last leaf is number 2^32 - 1.
  return Math.floor(value / 2 ** height) % 2 === 1;
}

function at(hashes: readonly Hex[], height: number): Hex {
  return hashes[height] ?? EMPTY_LEAF;
}
