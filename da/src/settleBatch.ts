import type { Hex } from "viem";
import type { BlobRecord } from "./blobJournal.js";
import type { CelestiaClient } from "./celestiaClient.js";
import { findBlobs } from "./findBlobs.js";
import { pause } from "./pause.js";

/** Blocks after which a transaction no longer waits in a mempool (celestia-app v9: 36; v6 to v8: 12). */
export const MEMPOOL_TTL_BLOCKS = 36n;
/** The head a node shows may trail the chain by this much when a submission begins. */
const HEAD_LAG_BLOCKS = 4n;

export interface SettleBatchParameters {
  readonly client: CelestiaClient;
  /** The batch, with `sentAt` set. */
  readonly record: BlobRecord & { readonly sentAt: bigint };
  /** Default `MEMPOOL_TTL_BLOCKS`. */
  readonly mempoolTtlBlocks?: bigint;
  /** Pause between looks at the chain, in milliseconds. Default 500. */
  readonly pollMs?: number;
}

/**
 * Follows a submission of unknown outcome: gives the height of every blob once all are on the chain, or undefined once the
 * transaction can no longer land.
 * @throws HeraldError DA_ABORTED and what the client throws; call it again to go on
 */
export async function settleBatch(
  { client, record, mempoolTtlBlocks = MEMPOOL_TTL_BLOCKS, pollMs = 500 }: SettleBatchParameters,
  signal?: AbortSignal,
): Promise<ReadonlyMap<Hex, bigint> | undefined> {
  const { namespace, commitments } = record;
  const last = record.sentAt + mempoolTtlBlocks + HEAD_LAG_BLOCKS;
  const heights = new Map<Hex, bigint>();
  for (let from = record.fromHeight; ; ) {
    const head = (await client.localHead(signal)).height;
    const to = head < last ? head : last;
    const missing = commitments.filter((commitment) => !heights.has(commitment));
    const found = await findBlobs({ client, namespace, commitments: missing, fromHeight: from, toHeight: to }, signal);
    for (const [commitment, height] of found) heights.set(commitment, height);
    if (heights.size === commitments.length) return heights;
    if (head >= last) return undefined;
    if (to >= from) from = to + 1n;
    await pause(pollMs, signal);
  }
}
