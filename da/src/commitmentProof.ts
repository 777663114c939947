import { z } from "zod";
import type { MerkleProof } from "./merkle.js";
import { NMT_NODE_LENGTH } from "./nmt.js";
import { rpcBytes, rpcIndex, rpcList } from "./rpcValues.js";

/** Where part of a blob stands in one row: leaves `[start, end)` and the tree nodes beside them, left to right. */
export interface RowRange {
  readonly start: number;
  readonly end: number;
  readonly nodes: readonly Uint8Array[];
}

/** Proof that a row root is in the data root. */
export interface RowProof extends MerkleProof {
  /** What the node says the leaf hashes to; checked, never used. */
  readonly leafHash: Uint8Array;
}

/** Proof from a blob's commitment to the data root of a block (`blob.GetCommitmentProof`). */
export interface CommitmentProof {
  /** 29 bytes. */
  readonly namespace: Uint8Array;
  /** Roots of the blob's subtrees; the commitment is the Merkle root over them. */
  readonly subtreeRoots: readonly Uint8Array[];
  /** One per row the blob touches, in order; the three lists below are of one length. */
  readonly ranges: readonly RowRange[];
  readonly rowRoots: readonly Uint8Array[];
  readonly rowProofs: readonly RowProof[];
  readonly startRow: number;
  readonly endRow: number;
}

const node = rpcBytes(NMT_NODE_LENGTH);

/** Parses any of the encodings celestia-node has used: integers as numbers or strings, zeros left out, roots in base64 or hex. */
export const commitmentProofSchema = z
  .object({
    subtree_roots: z.array(node),
    subtree_root_proofs: z.array(
      z.object({
        start: rpcIndex,
        end: rpcIndex,
        nodes: rpcList(node),
        // A leaf hash makes it a proof of absence.
        leaf_hash: z.literal("").nullish(),
      }),
    ),
    namespace_id: rpcBytes(28),
    namespace_version: rpcIndex.pipe(z.number().max(255)),
    row_proof: z.object({
      row_roots: z.array(node),
      proofs: z.array(
        z.object({ total: rpcIndex, index: rpcIndex, leaf_hash: rpcBytes(32), aunts: rpcList(rpcBytes(32)) }),
      ),
      start_row: rpcIndex,
      end_row: rpcIndex,
    }),
  })
  .transform(
    (proof): CommitmentProof => ({
      namespace: Uint8Array.of(proof.namespace_version, ...proof.namespace_id),
      subtreeRoots: proof.subtree_roots,
      ranges: proof.subtree_root_proofs.map(({ start, end, nodes }) => ({ start, end, nodes })),
      rowRoots: proof.row_proof.row_roots,
      rowProofs: proof.row_proof.proofs.map(({ total, index, leaf_hash, aunts }) => ({
        total,
        index,
        leafHash: leaf_hash,
        aunts,
      })),
      startRow: proof.row_proof.start_row,
      endRow: proof.row_proof.end_row,
    }),
  );
