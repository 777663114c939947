import { errorCode, HeraldError } from "@herald/wire/errors";
import type { Log } from "@herald/wire/log";
import type { Hex } from "viem";
import { batchIdOf, checkBatch } from "./batch.js";
import type { BlobJournal, BlobRecord, PublishedBlob } from "./blobJournal.js";
import type { CelestiaClient, SubmitOptions } from "./celestiaClient.js";
import { shareCommitment } from "./commitment.js";
import { confirmBlob } from "./confirmBlob.js";
import type { Namespace } from "./namespace.js";
import { pause } from "./pause.js";
import { settleBatch } from "./settleBatch.js";

export interface PublishBlobsParameters {
  readonly client: CelestiaClient;
  readonly namespace: Namespace;
  /** Deterministic bytes: their commitments are what keeps a second attempt from posting them twice. */
  readonly blobs: readonly Uint8Array[];
  readonly journal: BlobJournal;
  readonly log: Log;
  readonly submit?: SubmitOptions;
  /** Default `MEMPOOL_TTL_BLOCKS`; fewer only where the network's own value is known to be lower. */
  readonly mempoolTtlBlocks?: bigint;
  /** Submissions in one call before it gives up with DA_UNKNOWN_OUTCOME. Default 3. */
  readonly maxSubmissions?: number;
  /** How long a block may take to show up at the node after a submission, in milliseconds. Default 30 000. */
  readonly confirmTimeoutMs?: number;
  /** Pause between looks at the chain, in milliseconds. Default 500. */
  readonly pollMs?: number;
}

type Heights = ReadonlyMap<Hex, bigint>;

/**
 * Puts blobs on Celestia in one transaction and returns where they are, in the order given, once their inclusion was checked here.
 *
 * The record is in the journal before anything is sent. After an unknown outcome, in this call or an earlier one that never came back,
 * the chain is searched for the commitments, and the batch is sent again only when the old transaction can no longer land.
 * Call it again with the same blobs after any error whose `retry` is not "never".
 * @throws HeraldError DA_EMPTY_BATCH, DA_TOO_LARGE; what the node refused (see `celestiaError`); DA_UNKNOWN_OUTCOME; DA_ABORTED;
 * DA_PROOF_INVALID or DA_HEADER_INVALID for a node that does not tell the truth
 */
export async function publishBlobs(
  parameters: PublishBlobsParameters,
  signal?: AbortSignal,
): Promise<readonly PublishedBlob[]> {
  const { namespace, journal } = parameters;
  checkBatch(parameters.blobs);
  const order = parameters.blobs.map((blob) => shareCommitment(namespace, blob));
  const distinct = new Map(order.map((commitment, i) => [commitment, parameters.blobs[i] ?? new Uint8Array()]));
  const commitments = [...distinct.keys()];
  const batch = batchIdOf(namespace, commitments);
  const log = parameters.log.child({ batch, blobs: commitments.length });

  const fresh = { batch, namespace, commitments, fromHeight: 0n, sentAt: null, published: null };
  let record: BlobRecord = (await journal.load(batch)) ?? fresh;
  if (record.published === null) {
    const placed = await place({ ...parameters, blobs: [...distinct.values()], log }, record, signal);
    const published = await confirm(parameters, placed.heights, signal);
    record = { ...placed.record, sentAt: null, published };
    await journal.save(record);
    log.info("blobs published", { height: published[0]?.height });
  }
  const known = new Map((record.published ?? []).map((blob) => [blob.commitment, blob]));
  return order.map((commitment) => known.get(commitment) ?? incomplete(batch, commitment));
}

/** Submits until every commitment has a height. */
async function place(
  parameters: PublishBlobsParameters,
  initial: BlobRecord,
  signal: AbortSignal | undefined,
): Promise<{ readonly record: BlobRecord; readonly heights: Heights }> {
  const { client, namespace, blobs, journal, log, maxSubmissions = 3 } = parameters;
  let record = initial;
  for (let submissions = 0; ; submissions++) {
    if (record.sentAt !== null) {
      const heights = await settleBatch({ ...parameters, record: { ...record, sentAt: record.sentAt } }, signal);
      if (heights !== undefined) return { record, heights };
      log.warn("a submission did not land and no longer can", { sentAt: record.sentAt });
    }
    if (submissions === maxSubmissions) throw gaveUp(record, submissions);
    const head = (await client.localHead(signal)).height;
    record = { ...record, fromHeight: record.fromHeight || head + 1n, sentAt: head };
    await journal.save(record);
    try {
      const height = await client.submitBlobs(namespace, blobs, parameters.submit, signal);
      return { record, heights: new Map(record.commitments.map((commitment) => [commitment, height])) };
    } catch (error) {
      if (!outcomeIsOpen(error)) {
        // Refused before it went anywhere: the next attempt need not wait for it.
        await journal.save({ ...record, sentAt: null });
        throw error;
      }
      log.warn("outcome of a submission unknown; looking for it on chain", { code: errorCode(error), sentAt: head });
    }
  }
}

/** Checks every blob's inclusion, waiting for a node that has not caught up with its own submission. */
async function confirm(
  { client, namespace, confirmTimeoutMs = 30_000, pollMs = 500 }: PublishBlobsParameters,
  heights: Heights,
  signal: AbortSignal | undefined,
): Promise<PublishedBlob[]> {
  const until = Date.now() + confirmTimeoutMs;
  const published: PublishedBlob[] = [];
  for (const [commitment, height] of heights) {
    for (;;) {
      try {
        const { header } = await confirmBlob(client, { namespace, commitment, height }, signal);
        published.push({ namespace, commitment, height, dataRoot: header.dataHash });
        break;
      } catch (error) {
        const early = ["DA_NOT_FOUND", "DA_NOT_YET"].includes(errorCode(error) ?? "");
        if (!early || Date.now() > until) throw error;
        await pause(pollMs, signal);
      }
    }
  }
  return published;
}

function outcomeIsOpen(error: unknown): boolean {
  const code = errorCode(error);
  // An answer of unknown form came after the submission, and so did whatever is not a Herald error.
  return code === undefined || ["DA_UNKNOWN_OUTCOME", "DA_ALREADY_PENDING", "DA_UNEXPECTED_RESPONSE"].includes(code);
}

function gaveUp(record: BlobRecord, submissions: number): HeraldError {
  return new HeraldError({
    code: "DA_UNKNOWN_OUTCOME",
    message: "Blobs were submitted to Celestia several times and none landed.",
    facts: { batch: record.batch, submissions, fromHeight: record.fromHeight, sentAt: record.sentAt },
    actor: "operator",
    fix: "Check that the Celestia node is connected to the network and that its account and gas price are good.",
    retry: { afterMs: 60_000 },
  });
}

function incomplete(batch: Hex, commitment: Hex): never {
  throw new HeraldError({
    code: "DA_JOURNAL_INVALID",
    message: "The journal calls a batch published but does not hold all of its blobs.",
    facts: { batch, commitment },
    actor: "bug",
    retry: "never",
  });
}
