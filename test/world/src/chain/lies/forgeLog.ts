import { keccak256, stringToHex, toHex } from "viem";
import type { Liar } from "../liar.js";
import type { ParsedLie } from "../lie.js";
import { isRecord, type Upstream } from "../rpc.js";

/** Adds a log that no contract emitted to every query that would have found it, with its block's real hash. */
export function forgeLog(lie: Extract<ParsedLie, { type: "forgeLog" }>): Liar {
  let { blockNumber } = lie;
  return {
    tell: async (call, result, upstream) => {
      const [filter] = call.params;
      if (call.method !== "eth_getLogs" || !Array.isArray(result) || !isRecord(filter) || !matches(filter, lie)) {
        return result;
      }
      const { from, to } = await rangeOf(filter, upstream);
      blockNumber ??= to;
      if (blockNumber < from || blockNumber > to) return result;
      const block = await upstream.call("eth_getBlockByNumber", [toHex(blockNumber), false]);
      if (!isRecord(block)) return result;
      const { address, topics, data } = lie;
      const place = { blockNumber: toHex(blockNumber), blockHash: block.hash, blockTimestamp: block.timestamp };
      const transactionHash = keccak256(stringToHex(JSON.stringify([address, topics, data])));
      const forged = { transactionHash, transactionIndex: "0x0", logIndex: toHex(result.length), removed: false };
      return [...result, { address, topics, data, ...place, ...forged }];
    },
  };
}

function matches(
  filter: Readonly<Record<string, unknown>>,
  lie: { address: string; topics: readonly string[] },
): boolean {
  const accepts = (wanted: unknown, value: string | undefined) =>
    wanted === null ||
    wanted === undefined ||
    [wanted].flat().some((it) => String(it).toLowerCase() === value?.toLowerCase());
  const wantedTopics = Array.isArray(filter.topics) ? filter.topics : [];
  return accepts(filter.address, lie.address) && wantedTopics.every((wanted, i) => accepts(wanted, lie.topics[i]));
}

async function rangeOf(filter: Readonly<Record<string, unknown>>, upstream: Upstream) {
  const numberOf = async (method: string, param: unknown) => {
    const block = await upstream.call(method, [param, false]);
    return isRecord(block) ? Number(block.number) : -1;
  };
  if (typeof filter.blockHash === "string") {
    const only = await numberOf("eth_getBlockByHash", filter.blockHash);
    return { from: only, to: only };
  }
  return {
    from: await numberOf("eth_getBlockByNumber", filter.fromBlock ?? "latest"),
    to: await numberOf("eth_getBlockByNumber", filter.toBlock ?? "latest"),
  };
}
