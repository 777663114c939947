import type { PublicClient } from "viem";
import { type Header, readHeaderByHash } from "./headers.js";
import { watchError } from "./watchErrors.js";
import type { BlockRef } from "./watcherStep.js";

/** Where a chain continues what was read before. */
export interface ForkPoint {
  /** Place of the last common block among the known ones (newest first); their count if none is common. */
  readonly ancestor: number;
  /** Blocks after it up to and including the tip, oldest first. */
  readonly path: readonly Header[];
}

/**
 * Walks from `tip` back by parent hashes until it meets a known block.
 * @throws HeraldError WATCH_REORG_TOO_DEEP if the known blocks end first, WATCH_CHAIN_MOVED if the chain changes meanwhile
 */
export async function findForkPoint(parameters: {
  readonly client: PublicClient;
  readonly chain: string;
  /** Newest first. */
  readonly known: readonly BlockRef[];
  readonly startBlock: bigint;
  readonly tip: Header;
}): Promise<ForkPoint> {
  const { client, chain, known, startBlock, tip } = parameters;
  const places = new Map(known.map((block, place) => [block.hash, place]));
  const oldest = known.at(-1)?.number ?? startBlock;
  const path = [tip];
  for (let child = tip; ; ) {
    const ancestor = places.get(child.parentHash);
    if (ancestor !== undefined) return { ancestor, path: path.toReversed() };
    if (child.number <= oldest) {
      // The known blocks begin where watching began: then nothing is missing if all of them go.
      if (oldest <= startBlock) return { ancestor: known.length, path: path.toReversed() };
      throw watchError("WATCH_REORG_TOO_DEEP", {
        chain,
        block: child.number,
        parentOnChain: child.parentHash,
        oldestKept: oldest,
        oldestKeptHash: known.at(-1)?.hash,
        newestKept: known[0]?.number,
      });
    }
    const parent = await readHeaderByHash(client, child.parentHash);
    if (parent.hash !== child.parentHash || parent.number !== child.number - 1n) {
      throw watchError("WATCH_CHAIN_MOVED", { chain, block: parent.number, expected: child.parentHash });
    }
    path.push(parent);
    child = parent;
  }
}
