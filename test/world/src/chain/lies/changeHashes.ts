import type { Liar } from "../liar.js";
import { isRecord, type RpcCall } from "../rpc.js";
import { flipLastBit } from "./flipLastBit.js";

/** Tells of another chain from block `from` on: the same blocks under other hashes, without contradicting itself. */
export function changeHashes(from: number): Liar {
  /** Hashes told, so that a client may come back with one. */
  const told = new Set<string>();
  const swap = (hash: string) => {
    told.add(flipLastBit(hash));
    return flipLastBit(hash);
  };

  function change(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(change);
    if (!isRecord(value)) return value;
    // A block has its number in `number`, everything that lies in a block in `blockNumber`.
    const isBlock = typeof value.number === "string";
    const number = Number(isBlock ? value.number : value.blockNumber);
    const entries = Object.entries(value).map(([key, inner]): [string, unknown] => {
      if (typeof inner !== "string") return [key, change(inner)];
      const names = (isBlock && key === "hash") || key === "blockHash" ? number : number - 1;
      const isHash = key === "blockHash" || (isBlock && (key === "hash" || key === "parentHash"));
      return [key, isHash && names >= from ? swap(inner) : inner];
    });
    return Object.fromEntries(entries);
  }

  return {
    ask: async (call): Promise<RpcCall> => ({ ...call, params: call.params.map((it) => restore(it, told)) }),
    tell: async (_call, result) => change(result),
  };
}

function restore(param: unknown, told: ReadonlySet<string>): unknown {
  if (typeof param === "string") return told.has(param) ? flipLastBit(param) : param;
  if (!isRecord(param) || typeof param.blockHash !== "string") return param;
  return { ...param, blockHash: restore(param.blockHash, told) };
}
