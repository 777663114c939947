import { HeraldError } from "@herald/wire/errors";
import type { GatewayRef } from "@herald/wire/typedData";
import { commitmentOf } from "./blob.js";
import type { BlobLocator, CelestiaClient } from "./celestiaClient.js";
import { type ConfirmedBlob, confirmBlob } from "./confirmBlob.js";
import type { EvidenceEnvelope } from "./evidenceEnvelope.js";
import { parseEvidence } from "./parseEvidence.js";
import { verifyEnvelope } from "./verifyEnvelope.js";

export interface VerifyEvidenceParameters {
  readonly client: CelestiaClient;
  readonly locator: BlobLocator;
  /** Gateway the evidence must be of. */
  readonly ref: GatewayRef;
}

/** Evidence found on Celestia and checked. */
export interface VerifiedEvidence extends ConfirmedBlob {
  readonly envelope: EvidenceEnvelope;
}

/**
 * Fetches the evidence at a place on Celestia and checks all of it: the data makes the commitment, the commitment is in the block, and
 * the envelope holds together.
 * @throws HeraldError DA_BLOB_MISMATCH, DA_ENVELOPE_MALFORMED, DA_EVIDENCE_MISMATCH and what `confirmBlob` throws
 */
export async function verifyEvidence(
  { client, locator, ref }: VerifyEvidenceParameters,
  signal?: AbortSignal,
): Promise<VerifiedEvidence> {
  const blob = await client.blobAt(locator, signal);
  const computed = commitmentOf(blob);
  if (computed !== locator.commitment || blob.namespace !== locator.namespace) {
    throw new HeraldError({
      code: "DA_BLOB_MISMATCH",
      message: "The Celestia node answered with another blob than the one asked for.",
      facts: { ...locator, receivedNamespace: blob.namespace, computed },
      actor: "upstream",
      fix: "Ask another Celestia node; this one must not be trusted.",
      retry: { afterMs: 10_000 },
    });
  }
  const confirmed = await confirmBlob(client, locator, signal);
  const envelope = parseEvidence(blob.data);
  await verifyEnvelope(envelope, ref);
  return { ...confirmed, envelope };
}
