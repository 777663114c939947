import type { Hex, PublicClient } from "viem";
import { inChunks } from "./inChunks.js";
import { watchError } from "./watchErrors.js";
import type { BlockRef } from "./watcherStep.js";

/** Blocks asked for at the same time. */
const PARALLEL_READS = 32;

/** A block as read: its place in the chain, and what tells whether it can hold logs of the gateway. */
export interface Header extends BlockRef {
  readonly logsBloom: Hex;
}

/** The newest block. */
export async function readHead(client: PublicClient): Promise<Header> {
  return toHeader(await client.getBlock({ blockTag: "latest" }));
}

/** The block at a height; beyond what is final, another one may be there next time. */
export async function readHeaderAt(client: PublicClient, blockNumber: bigint): Promise<Header> {
  return toHeader(await client.getBlock({ blockNumber }));
}

/** The newest block no reorganisation reaches; undefined where the providers cannot say. */
export async function readFinalizedNumber(client: PublicClient): Promise<bigint | undefined> {
  try {
    return (await client.getBlock({ blockTag: "finalized" })).number;
  } catch {
    // Some chains know no such block; what is amiss with the providers shows in the reads that follow.
    return undefined;
  }
}

export async function readHeaderByHash(client: PublicClient, blockHash: Hex): Promise<Header> {
  return toHeader(await client.getBlock({ blockHash }));
}

/**
 * Blocks `from` to `to`, oldest first, each the child of the one before; `head` is used where it is among them.
 * @throws HeraldError WATCH_CHAIN_MOVED if they do not form a chain
 */
export async function readHeaders(
  client: PublicClient,
  chain: string,
  from: bigint,
  to: bigint,
  head: Header,
): Promise<readonly Header[]> {
  const numbers = Array.from({ length: Number(to - from) + 1 }, (_, i) => from + BigInt(i));
  const headers = await inChunks(numbers, PARALLEL_READS, async (number) =>
    number === head.number ? head : await readHeaderAt(client, number),
  );
  for (const [i, header] of headers.entries()) {
    const parent = headers[i - 1];
    if (header.number !== numbers[i] || (parent !== undefined && header.parentHash !== parent.hash)) {
      throw watchError("WATCH_CHAIN_MOVED", { chain, block: numbers[i], parent: parent?.hash });
    }
  }
  return headers;
}

/** A block without what only tells whether to read its logs. */
export function toBlockRef({ number, hash, parentHash, timestamp }: BlockRef): BlockRef {
  return { number, hash, parentHash, timestamp };
}

function toHeader(block: Header): Header {
  const { number, hash, parentHash, timestamp, logsBloom } = block;
  return { number, hash, parentHash, timestamp, logsBloom };
}
