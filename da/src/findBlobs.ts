import type { Hex } from "viem";
import { commitmentOf } from "./blob.js";
import type { CelestiaClient } from "./celestiaClient.js";
import type { Namespace } from "./namespace.js";

export interface FindBlobsParameters {
  readonly client: CelestiaClient;
  readonly namespace: Namespace;
  readonly commitments: readonly Hex[];
  /** First height to look at. */
  readonly fromHeight: bigint;
  /** Last height to look at; the node must hold it already. */
  readonly toHeight: bigint;
}

/**
 * Looks for blobs height by height and gives the first height of each that is there. Stops early once all are found. Commitments
 * the node names are recomputed from the data before they count.
 * @throws HeraldError what the client throws, DA_PRUNED among it for heights the node no longer holds
 */
export async function findBlobs(parameters: FindBlobsParameters, signal?: AbortSignal): Promise<Map<Hex, bigint>> {
  const { client, namespace, fromHeight, toHeight } = parameters;
  const wanted = new Set(parameters.commitments);
  const found = new Map<Hex, bigint>();
  for (let height = fromHeight; height <= toHeight && found.size < wanted.size; height++) {
    for (const blob of await client.blobsAt(height, namespace, signal)) {
      const commitment = blob.claimedCommitment;
      if (!wanted.has(commitment) || found.has(commitment) || blob.namespace !== namespace) continue;
      if (commitmentOf(blob) === commitment) found.set(commitment, height);
    }
  }
  return found;
}
