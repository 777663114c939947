import { HeraldError } from "@herald/wire/errors";
import { bytesToHex } from "viem";
import type { BlobLocator, CelestiaClient } from "./celestiaClient.js";
import type { CommitmentProof } from "./commitmentProof.js";
import { dataRootOf } from "./dataRoot.js";
import type { ExtendedHeader } from "./extendedHeader.js";
import { verifyCommitmentProof } from "./verifyCommitmentProof.js";

/** A blob whose inclusion was checked here. */
export interface ConfirmedBlob extends BlobLocator {
  readonly header: ExtendedHeader;
  readonly proof: CommitmentProof;
}

/**
 * Fetches header and inclusion proof of a blob and checks both: row and column roots make the header's data root, and the proof leads
 * from the commitment to it. The header itself is taken on the word of the node (validators' signatures are not checked).
 * @throws HeraldError DA_NOT_FOUND, DA_NOT_YET, DA_PRUNED and what else the client throws; DA_HEADER_INVALID, DA_PROOF_INVALID
 */
export async function confirmBlob(
  client: CelestiaClient,
  locator: BlobLocator,
  signal?: AbortSignal,
): Promise<ConfirmedBlob> {
  const header = await client.headerAt(locator.height, signal);
  const computed = bytesToHex(dataRootOf(header.dah));
  if (computed !== header.dataHash) {
    throw new HeraldError({
      code: "DA_HEADER_INVALID",
      message: "The row and column roots of a Celestia block do not make its data root.",
      facts: { height: header.height, dataHash: header.dataHash, computed },
      actor: "upstream",
      fix: "Ask another Celestia node; this one must not be trusted.",
      retry: { afterMs: 10_000 },
    });
  }
  const proof = await client.commitmentProof(locator, signal);
  verifyCommitmentProof({ ...locator, proof, dataRoot: header.dataHash });
  return { ...locator, header, proof };
}
