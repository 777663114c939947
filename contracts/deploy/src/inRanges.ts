import type { DeployChain } from "./openChain.js";

/** Most nodes answer for so many blocks at once. */
const WIDEST = 10_000n;
/** A node that refuses so few has another trouble than their number. */
const NARROWEST = 100n;

/** Reads logs from a block to the head in as many questions as the node needs, oldest first. */
export async function inRanges<T>(
  chain: DeployChain,
  from: number,
  read: (range: { readonly fromBlock: bigint; readonly toBlock: bigint }) => Promise<readonly T[]>,
): Promise<T[]> {
  const head = await chain.reader.getBlockNumber();
  const all: T[] = [];
  let width = WIDEST;
  for (let fromBlock = BigInt(from); fromBlock <= head; ) {
    const end = fromBlock + width - 1n;
    const toBlock = end < head ? end : head;
    try {
      all.push(...(await read({ fromBlock, toBlock })));
      fromBlock = toBlock + 1n;
    } catch (error) {
      width /= 4n;
      if (width < NARROWEST) throw error;
    }
  }
  return all;
}
