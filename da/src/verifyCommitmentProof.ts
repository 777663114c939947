import { HeraldError } from "@herald/wire/errors";
import { bytesToHex, type Hex } from "viem";
import { subtreeSizes, subtreeWidth } from "./commitment.js";
import type { CommitmentProof } from "./commitmentProof.js";
import { leafHash, merkleRoot, rootOfMerkleProof } from "./merkle.js";
import type { Namespace } from "./namespace.js";
import { maxNamespace, minNamespace, NMT_NODE_LENGTH, rootOfNmtRange } from "./nmt.js";

/** Hard upper bound of the width of an original square (celestia-app `SquareSizeUpperBound`). */
const MAX_SQUARE_WIDTH = 512;

export interface VerifyCommitmentProofParameters {
  readonly proof: CommitmentProof;
  /** From a header the caller trusts, never from the proof. */
  readonly dataRoot: Hex;
  readonly commitment: Hex;
  readonly namespace: Namespace;
}

/**
 * Proves that the blob with this commitment is in the block with this data root. Beyond celestia-node's own verifier it demands
 * that rows are original and consecutive, that ranges adjoin across rows, that every node belongs to the namespace, and that nothing
 * is left over.
 * @throws HeraldError DA_PROOF_INVALID; the fact `reason` says which step failed
 */
export function verifyCommitmentProof(parameters: VerifyCommitmentProofParameters): void {
  const reason = defectOf(parameters);
  if (reason === undefined) return;
  const { namespace, commitment, dataRoot } = parameters;
  throw new HeraldError({
    code: "DA_PROOF_INVALID",
    message: "The inclusion proof of a blob does not hold.",
    facts: { reason, namespace, commitment, dataRoot },
    actor: "upstream",
    fix: "Ask another Celestia node; if the blob is not there either, this node must not be trusted.",
    retry: { afterMs: 10_000 },
  });
}

function defectOf({ proof, dataRoot, commitment, namespace }: VerifyCommitmentProofParameters): string | undefined {
  const { ranges, rowRoots, rowProofs, subtreeRoots } = proof;
  const rows = rowRoots.length;
  if (rows === 0 || ranges.length !== rows || rowProofs.length !== rows) return "row counts differ";
  if (proof.endRow - proof.startRow + 1 !== rows) return "row numbers and row count differ";
  if (bytesToHex(proof.namespace) !== namespace) return "another namespace";
  if (bytesToHex(merkleRoot(subtreeRoots)) !== commitment) return "subtree roots do not make the commitment";
  if (!subtreeRoots.every((root) => isOf(proof.namespace, root))) return "a subtree root is of another namespace";

  const leaves = rowProofs[0]?.total ?? 0;
  const width = leaves / 4;
  if (!Number.isInteger(Math.log2(width)) || width < 1 || width > MAX_SQUARE_WIDTH) return "impossible square size";
  for (const [i, row] of rowProofs.entries()) {
    const root = rowRoots[i];
    if (root?.length !== NMT_NODE_LENGTH) return "malformed row root";
    if (row.total !== leaves) return "rows of squares of different sizes";
    if (row.index !== proof.startRow + i) return "rows are not consecutive";
    if (row.index >= width) return "not a row of original data";
    if (Buffer.compare(row.leafHash, leafHash(root)) !== 0) return "leaf hash of a row root differs";
    const computed = rootOfMerkleProof(root, row);
    if (computed === undefined || bytesToHex(computed) !== dataRoot) return "a row root is not under the data root";
  }

  const shares = ranges.reduce((sum, range) => sum + range.end - range.start, 0);
  const step = subtreeWidth(shares);
  if ((ranges[0]?.start ?? 0) % step !== 0) return "the blob does not start where blobs start";
  let used = 0;
  for (const [i, range] of ranges.entries()) {
    if (range.start >= range.end || range.end > width) return "range outside the row";
    if (i > 0 && range.start !== 0) return "a later row does not start at its beginning";
    if (i < rows - 1 && range.end !== width) return "an earlier row does not reach its end";
    let at = range.start;
    const subtrees = subtreeSizes(range.end - range.start, step).map((size) => {
      const start = at;
      at += size;
      return { start, end: at, root: subtreeRoots[used++] ?? EMPTY };
    });
    const computed = rootOfNmtRange(2 * width, subtrees, range.nodes);
    if (computed === undefined || Buffer.compare(computed, rowRoots[i] ?? EMPTY) !== 0)
      return "subtree roots are not under their row root";
  }
  return used === subtreeRoots.length ? undefined : "subtree roots left over";
}

const EMPTY = new Uint8Array();

function isOf(namespace: Uint8Array, node: Uint8Array): boolean {
  return (
    node.length === NMT_NODE_LENGTH &&
    Buffer.compare(minNamespace(node), namespace) === 0 &&
    Buffer.compare(maxNamespace(node), namespace) === 0
  );
}
