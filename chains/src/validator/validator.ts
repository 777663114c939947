import { isAbsolute } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { formatError, HeraldError, isHeraldError } from "@herald/wire/errors";
import type { Log } from "@herald/wire/log";
import type { Address, Hex, LocalAccount, PublicClient } from "viem";
import { announcementHash } from "../hyperlane/checkpoint.js";
import { formatAnnouncementFile } from "../hyperlane/checkpointFile.js";
import { treeRoot } from "../hyperlane/incrementalTree.js";
import { folderNames, localLocation } from "../hyperlane/storage/storageNames.js";
import type { TransactionSender } from "../send/transactionSender.js";
import { announceValidator } from "./announceValidator.js";
import { CheckpointFolder } from "./checkpointFolder.js";
import { CheckpointSigner, reorgError } from "./checkpointSigner.js";
import type { LeafCheck } from "./leafCheck.js";
import { type Mismatch, TreeFollower, type TreePosition } from "./treeFollower.js";
import { readTreePosition, writeTreePosition } from "./treePositionFile.js";
import { WithheldLeaves } from "./withheldLeaves.js";

export interface ValidatorParameters {
  readonly chain: string;
  /** Quorum client of the chain whose messages are signed. */
  readonly client: PublicClient;
  /** Hyperlane domain of that chain. */
  readonly domain: number;
  readonly mailbox: Address;
  readonly merkleTreeHook: Address;
  readonly validatorAnnounce: Address;
  /** The validator's key. */
  readonly account: LocalAccount;
  /** Absolute path; announced as `file://<path>`. One validator per folder. */
  readonly storageFolder: string;
  /** Blocks behind the head that count as safe from reorganisation. */
  readonly reorgPeriod: number;
  readonly pollMs: number;
  /** First block that may hold a leaf: the hook's deployment. Default 0. */
  readonly fromBlock?: bigint;
  /** A second opinion on each leaf; those it speaks against are withheld, and `withheld.json` says why. Default: none is asked for. */
  readonly check?: LeafCheck;
  /** Who pays for the announcement on chain; `skip` where somebody else announces. */
  readonly announce: TransactionSender | "skip";
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Mismatches in a row that are no passing trouble of providers any more. */
const MISMATCHES_TO_STOP = 3;
/** After these the validator's word is in doubt, and relayers must not take it. */
const STOP_WITH_FLAG = ["VALIDATOR_REORG", "VALIDATOR_ROOT_MISMATCH"];
const MAX_BACKOFF_MS = 5_000;
/** The official agents require a build name in their metadata, and nothing of it. */
const METADATA = JSON.stringify({ git_sha: "herald" }, null, 2);

/**
 * Signs a checkpoint for every leaf of the MerkleTreeHook and writes it in the official agents' file format, until `signal` aborts.
 *
 * A leaf is signed only after the local replay gave the hook's own root at the same block. If the chain takes a signed leaf back, or the
 * replay cannot be brought to agree, the reorg flag is written, which makes relayers refuse this validator, and everything stops until a
 * person has looked.
 * @throws HeraldError VALIDATOR_FLAGGED (the flag exists at start), VALIDATOR_REORG, VALIDATOR_ROOT_MISMATCH, VALIDATOR_BAD_FOLDER
 */
export async function runValidator(parameters: ValidatorParameters): Promise<void> {
  const { client, account, storageFolder, reorgPeriod, pollMs, signal } = parameters;
  const log = parameters.log.child({ chain: parameters.chain, validator: account.address });
  const folder = await openFolder(storageFolder);
  const signer = new CheckpointSigner({ ...parameters, folder, log });
  const follower = new TreeFollower(client, parameters.merkleTreeHook, signal);
  const { check } = parameters;
  const stop = new AbortController();
  const untilStop = AbortSignal.any([signal, stop.signal]);
  const withheld = check && new WithheldLeaves({ check, signer, folder, log, signal: untilStop });
  await withheld?.load();
  const start = TreeFollower.before(parameters.fromBlock ?? 0n);
  let position: TreePosition | undefined;
  /** Highest block whose state was signed; undefined if that is not known. */
  let signedAt: bigint | undefined;
  let mismatches = 0;

  const announcement = await writeAnnouncement(parameters, folder);
  // Stopping with an error must end these too.
  const announced = announce({ ...parameters, log, signal: untilStop }, announcement);
  const checked = withheld?.run();
  try {
    await follow();
  } finally {
    stop.abort();
    await Promise.all([announced, checked]);
  }

  async function follow(): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      try {
        await step();
        failures = 0;
      } catch (error) {
        if (isHeraldError(error) && STOP_WITH_FLAG.includes(error.code)) throw await flag(error);
        if (signal.aborted) return;
        failures++;
        log.warn("the tree could not be followed; trying again", { error: formatError(error) });
      }
      const wait = Math.min(MAX_BACKOFF_MS, pollMs * 2 ** Math.min(failures, 6));
      await delay(failures === 0 ? pollMs : wait, undefined, { signal }).catch(() => undefined);
    }
  }

  async function step(): Promise<void> {
    withheld?.throwIfFailed();
    // viem keeps block numbers for seconds unless told not to.
    const safe = (await client.getBlockNumber({ cacheTime: 0 })) - BigInt(reorgPeriod);
    if (safe < 0n) return;
    position ??= await resume(safe);
    if (safe <= BigInt(position.block)) return;
    const block = await client.getBlock({ blockNumber: safe });
    let advanced = await follower.advance(position, block);
    // A fork between two looks can leave leaves out or in the wrong place: read everything again before believing the worst.
    if ("localRoot" in advanced) advanced = await follower.advance(start, block);
    if ("localRoot" in advanced) {
      mismatches++;
      log.warn("the replayed tree differs from the hook's", { block: block.number, mismatches, ...advanced });
      if (mismatches >= MISMATCHES_TO_STOP) throw rootMismatch(block.number, advanced);
      return;
    }
    mismatches = 0;
    if (!(await keepsWhatWasSigned(advanced.position))) return;
    if (withheld === undefined) await signer.sign(advanced.leaves, advanced.position);
    else await withheld.add(advanced.leaves);
    await writeTreePosition(folder, advanced.position);
    position = advanced.position;
    signedAt = block.number;
  }

  /** The stored position if the chain still has its block. */
  async function resume(safe: bigint): Promise<TreePosition> {
    const stored = await readTreePosition(folder);
    if (stored === undefined) return start;
    signedAt = BigInt(stored.block);
    if (safe < signedAt) throw behind(safe, signedAt);
    const block = await client.getBlock({ blockNumber: signedAt });
    return block.hash === stored.hash ? stored : start;
  }

  async function keepsWhatWasSigned(reached: TreePosition): Promise<boolean> {
    const index = await folder.latestIndex();
    if (reached.tree.count > index) return true;
    const facts = { index, chainRoot: treeRoot(reached.tree), block: reached.block };
    if (signedAt !== undefined) throw reorgError({ ...facts, signedRoot: (await folder.checkpoint(index))?.root });
    // Without the stored position, providers that lag look the same.
    log.warn("more leaves are signed than the chain has; waiting for it to catch up", facts);
    return false;
  }

  async function flag(error: HeraldError): Promise<HeraldError> {
    const { index, signedRoot, chainRoot } = error.facts;
    log.error("reorg flag raised; this validator stops", { storageFolder, error: formatError(error) });
    await folder.writeReorgFlag({
      local_merkle_root: String(signedRoot ?? chainRoot),
      canonical_merkle_root: String(chainRoot),
      checkpoint_index: Number(index),
      unix_timestamp: Math.floor(Date.now() / 1000),
      reorg_period: reorgPeriod,
    });
    return error;
  }
}

async function openFolder(storageFolder: string): Promise<CheckpointFolder> {
  if (!isAbsolute(storageFolder)) {
    throw new HeraldError({
      code: "VALIDATOR_BAD_FOLDER",
      message: "A validator's storage folder must be an absolute path: it is announced to others.",
      facts: { storageFolder },
      fix: "Configure an absolute path.",
      actor: "operator",
      retry: "never",
    });
  }
  const folder = new CheckpointFolder(storageFolder);
  await folder.create();
  if (!(await folder.hasReorgFlag())) return folder;
  throw new HeraldError({
    code: "VALIDATOR_FLAGGED",
    message: "This validator once saw its chain reorganised and must not sign.",
    facts: { storageFolder, file: folderNames.reorgFlag },
    fix: "Find out what happened; then start with a new key and an empty folder.",
    actor: "operator",
    retry: "never",
  });
}

/** Writes the files that say who signs here. */
async function writeAnnouncement(parameters: ValidatorParameters, folder: CheckpointFolder) {
  const { domain, mailbox, account, storageFolder } = parameters;
  const announcement = { domain, mailbox, storageLocation: localLocation(storageFolder) };
  const signature: Hex = await account.signMessage({ message: { raw: announcementHash(announcement) } });
  await folder.write(folderNames.announcement, formatAnnouncementFile(account.address, announcement, signature));
  await folder.write(folderNames.metadata, METADATA);
  return { storageLocation: announcement.storageLocation, signature };
}

/** Announces the place on chain; never throws. */
async function announce(
  parameters: ValidatorParameters,
  announcement: { readonly storageLocation: string; readonly signature: Hex },
): Promise<void> {
  if (parameters.announce === "skip") return;
  const validator = parameters.account.address;
  await announceValidator({ ...parameters, ...announcement, validator, sender: parameters.announce });
}

function rootMismatch(block: bigint, { localRoot, canonicalRoot, localCount, canonicalCount }: Mismatch): HeraldError {
  const counts = { leaves: localCount, leavesOnChain: canonicalCount };
  return new HeraldError({
    code: "VALIDATOR_ROOT_MISMATCH",
    message: "The tree replayed from the chain's events is not the tree the hook has.",
    facts: { index: Math.max(0, localCount - 1), signedRoot: localRoot, chainRoot: canonicalRoot, ...counts, block },
    fix: "Check the providers: they agree on events and state that contradict each other.",
    actor: "operator",
    retry: "never",
  });
}

function behind(safe: bigint, signedAt: bigint): HeraldError {
  return new HeraldError({
    code: "VALIDATOR_CHAIN_BEHIND",
    message: "The chain is below the block this validator has already signed.",
    facts: { safe, signedAt },
    fix: "Wait for the providers to catch up; for another chain, use an empty storage folder and a new key.",
    actor: "upstream",
    retry: { afterMs: 5_000 },
  });
}
