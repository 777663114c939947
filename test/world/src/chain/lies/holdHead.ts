import { toHex } from "viem";
import type { Liar } from "../liar.js";
import { isRecord, type RpcCall, type Upstream } from "../rpc.js";

/** How many blocks `safe` and `finalized` trail the head by, with anvil's `--slots-in-an-epoch 1`. */
const trail: Readonly<Record<string, number>> = { latest: 0, pending: 0, safe: 1, finalized: 2 };

/** Tells of a chain that ends `blocks` blocks earlier. */
export function holdHead(blocks: number): Liar {
  const headOf = async (upstream: Upstream) => Math.max(0, Number(await upstream.call("eth_blockNumber", [])) - blocks);

  return {
    ask: async (call, upstream): Promise<RpcCall> => {
      const head = await headOf(upstream);
      const place = (block: unknown) => {
        const behind = trail[String(block)];
        return behind === undefined ? block : toHex(Math.max(0, head - behind));
      };
      const [first, ...rest] = call.params;
      if (call.method === "eth_getBlockByNumber") return { ...call, params: [place(first), ...rest] };
      if (call.method !== "eth_getLogs" || !isRecord(first) || "blockHash" in first) return call;
      const last = Math.min(head, Number(place(first.toBlock ?? "latest")));
      return { ...call, params: [{ ...first, fromBlock: place(first.fromBlock ?? "latest"), toBlock: toHex(last) }] };
    },
    tell: async (call, result, upstream) => {
      const head = await headOf(upstream);
      if (call.method === "eth_blockNumber") return toHex(head);
      if (Array.isArray(result)) return result.filter((it) => !(isRecord(it) && Number(it.blockNumber) > head));
      return isRecord(result) && Number(result.number ?? result.blockNumber) > head ? null : result;
    },
  };
}
