import { splitPoint } from "./merkle.js";
import { NAMESPACE_LENGTH, PARITY_NAMESPACE } from "./namespace.js";
import { sha256 } from "./sha256.js";

/** Length of a node of a namespaced Merkle tree: smallest namespace 29 | largest namespace 29 | digest 32. */
export const NMT_NODE_LENGTH = 90;
const LEAF = Uint8Array.of(0);
const INNER = Uint8Array.of(1);

/** Smallest namespace under a node. */
export function minNamespace(node: Uint8Array): Uint8Array {
  return node.subarray(0, NAMESPACE_LENGTH);
}

/** Largest namespace under a node (parity left out, unless there is nothing else). */
export function maxNamespace(node: Uint8Array): Uint8Array {
  return node.subarray(NAMESPACE_LENGTH, 2 * NAMESPACE_LENGTH);
}

/** Leaf node of a share. The share itself begins with its namespace, which is thus hashed twice. */
export function nmtLeaf(namespace: Uint8Array, share: Uint8Array): Uint8Array {
  return Buffer.concat([namespace, namespace, sha256(LEAF, namespace, share)]);
}

/** Parent of two nodes; undefined if a node is malformed or the namespaces are out of order. */
export function nmtParent(left: Uint8Array, right: Uint8Array): Uint8Array | undefined {
  if (!isNode(left) || !isNode(right) || Buffer.compare(maxNamespace(left), minNamespace(right)) > 0) return undefined;
  const max = Buffer.compare(minNamespace(right), PARITY_NAMESPACE) === 0 ? maxNamespace(left) : maxNamespace(right);
  return Buffer.concat([minNamespace(left), max, sha256(INNER, left, right)]);
}

/** Root of a tree over leaf nodes; undefined for no leaves or leaves out of order. */
export function nmtRoot(leaves: readonly Uint8Array[]): Uint8Array | undefined {
  if (leaves.length <= 1) return leaves[0];
  const split = splitPoint(leaves.length);
  const left = nmtRoot(leaves.slice(0, split));
  const right = nmtRoot(leaves.slice(split));
  return left && right && nmtParent(left, right);
}

/** Subtree `[start, end)` of a row whose root node is known. */
export interface NmtSubtree {
  readonly start: number;
  readonly end: number;
  readonly root: Uint8Array;
}

/**
 * Root of a row of `width` leaves (a power of two) from adjoining known subtrees, in order, and the nodes beside them, left to right.
 * Undefined unless every subtree stands on a node of the tree and every node is used, no more and no fewer.
 */
export function rootOfNmtRange(
  width: number,
  subtrees: readonly NmtSubtree[],
  nodes: readonly Uint8Array[],
): Uint8Array | undefined {
  const start = subtrees[0]?.start;
  const end = subtrees.at(-1)?.end;
  if (start === undefined || end === undefined || start < 0 || start >= end || end > width) return undefined;
  let usedSubtrees = 0;
  let usedNodes = 0;
  const root = nodeOver(0, width);
  return usedSubtrees === subtrees.length && usedNodes === nodes.length ? root : undefined;

  function nodeOver(from: number, to: number): Uint8Array | undefined {
    // CAST: both bounds were checked above; the closure does not carry the narrowing.
    if (to <= (start as number) || from >= (end as number)) return nodes[usedNodes++];
    const next = subtrees[usedSubtrees];
    if (next !== undefined && next.start === from && next.end === to) {
      usedSubtrees++;
      return next.root;
    }
    if (to - from === 1) return undefined;
    const middle = from + (to - from) / 2;
    const left = nodeOver(from, middle);
    const right = left && nodeOver(middle, to);
    return left && right && nmtParent(left, right);
  }
}

function isNode(node: Uint8Array): boolean {
  return node.length === NMT_NODE_LENGTH && Buffer.compare(minNamespace(node), maxNamespace(node)) <= 0;
}
