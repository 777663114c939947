import { numberToHex } from "viem";
import { z } from "zod";
import { inChunks } from "../../watch/inChunks.js";
import type { Answer } from "../answer.js";
import type { Exchange } from "./exchange.js";
import { rangeProblem } from "./rangeErrors.js";

/** Parts of one range read at the same time from one provider. */
const PARALLEL_PARTS = 4;

const number = z
  .string()
  .regex(/^0x[0-9a-f]+$/i)
  .transform(BigInt);
const ranged = z.looseObject({ fromBlock: number, toBlock: number });
type Filter = z.infer<typeof ranged>;

/**
 * Reads a range of logs in as many parts as this provider wants, and answers for the whole: providers have different limits, so each needs
 * its own parts. A limit it named is kept for later calls; where it named none, halves are tried.
 */
export function splittingLogs(inner: Exchange): Exchange {
  let maxBlocks: bigint | undefined;

  return async (call) => {
    const filter = call.method === "eth_getLogs" ? ranged.safeParse(call.params[0]).data : undefined;
    return filter === undefined ? await inner(call) : await read(filter);
  };

  async function read(filter: Filter): Promise<Answer> {
    const blocks = filter.toBlock - filter.fromBlock + 1n;
    if (maxBlocks !== undefined && blocks > maxBlocks) return await readParts(filter, maxBlocks);
    const params = [
      { ...filter, fromBlock: numberToHex(filter.fromBlock), toBlock: numberToHex(filter.toBlock) },
    ] as const;
    const answer = await inner({ method: "eth_getLogs", params });
    const problem = rangeProblem(answer);
    if (problem === undefined || blocks <= 1n) return answer;
    const named = problem.maxBlocks !== undefined && problem.maxBlocks < blocks ? problem.maxBlocks : undefined;
    if (named !== undefined && (maxBlocks === undefined || named < maxBlocks)) maxBlocks = named;
    return await readParts(filter, named ?? (blocks + 1n) / 2n);
  }

  async function readParts(filter: Filter, size: bigint): Promise<Answer> {
    const parts: Filter[] = [];
    for (let from = filter.fromBlock; from <= filter.toBlock; from += size) {
      const to = from + size - 1n;
      parts.push({ ...filter, fromBlock: from, toBlock: to < filter.toBlock ? to : filter.toBlock });
    }
    return merge(await inChunks(parts, PARALLEL_PARTS, read));
  }
}

/** All the parts' logs, or the first answer that is none. */
function merge(parts: readonly Answer[]): Answer {
  const logs: unknown[] = [];
  for (const part of parts) {
    if (part.kind !== "result" || !Array.isArray(part.value)) return part;
    logs.push(...part.value);
  }
  const provider = parts[0]?.provider ?? "";
  return { kind: "result", provider, value: logs, raw: () => JSON.stringify({ id: 1, result: logs }) };
}
