import { createPublicClient, custom, type Hex, numberToHex, type PublicClient, parseTransaction } from "viem";
import type { random } from "../support/random.js";
import { type ModelChain, receiptOf } from "./modelChain.js";
import type { VirtualTime } from "./virtualTime.js";

export const CHAIN_ID = 31_977;

/** What is wrong with the way to the chain, each until a time. */
export interface Faults {
  /** What is added to the count at the head. */
  lie: { by: number; until: number };
  /** Receipts that are not final are not known. */
  noReceipts: number;
  /** Requests fail on the way there or back. */
  failing: number;
  /** Broadcasts are answered with success and forgotten. */
  deaf: number;
  /** Broadcasts time out, and arrive later all the same. */
  late: number;
  /** Broadcasts of anything but empty transfers are refused for good. */
  refuses: number;
  /** The next receipt, final or not, is said to be unknown; once. */
  blink: boolean;
}

/**
 * A client of the model chain, as the provider quorum would be: slow, failing, behind or ahead at the head, but right about what is final.
 * `crossing` is called on the way there and on the way back.
 */
export function modelClient(parameters: {
  readonly chain: ModelChain;
  readonly time: VirtualTime;
  readonly faults: Faults;
  readonly dice: ReturnType<typeof random>;
  readonly crossing: () => Promise<void>;
  readonly onRequest: () => void;
  readonly onBroadcast: (raw: Hex) => void;
}): PublicClient {
  const { chain, time, faults, dice, crossing, onRequest, onBroadcast } = parameters;
  const request = async ({ method, params }: { method: string; params?: unknown }): Promise<unknown> => {
    onRequest();
    await crossing();
    // Now and then one answer is overtaken by much that was asked later.
    const slow = dice.below(16) === 0 ? 20 : 1;
    await time.sleep((1 + dice.below(120)) * slow);
    const fails = time.now() < faults.failing ? dice.below(3) : 2;
    if (fails === 0) throw new Error("fetch failed");
    // CAST: the methods below take lists.
    const answer = perform(method, (params ?? []) as readonly unknown[]);
    await time.sleep((1 + dice.below(120)) * slow);
    await crossing();
    if (fails === 1) throw new Error("socket hang up");
    if (answer instanceof Error) throw answer;
    return answer;
  };

  function perform(method: string, params: readonly unknown[]): unknown {
    switch (method) {
      case "eth_chainId":
        return numberToHex(CHAIN_ID);
      case "eth_estimateGas":
        return "0xc350";
      case "eth_maxPriorityFeePerGas":
        return "0x3b9aca00";
      case "eth_feeHistory":
        return feesOf(chain);
      case "eth_getBlockByNumber":
        return blockOf(chain, Number(params[0]));
      case "eth_getCode":
        return "0x";
      case "eth_getTransactionCount":
        return numberToHex(count(params[1]));
      case "eth_getTransactionReceipt": {
        const hash = params[0] as Hex; // CAST: what viem sends.
        const found = chain.find(hash);
        const hidden = time.now() < faults.noReceipts && found !== undefined && found.block.number > chain.finalized;
        const blinks = found !== undefined && faults.blink;
        if (blinks) faults.blink = false;
        return hidden || blinks ? null : receiptOf(chain, hash);
      }
      case "eth_sendRawTransaction":
        return broadcast(params[0] as Hex); // CAST: what viem sends.
      default:
        throw new Error(`the model chain knows no ${method}`);
    }
  }

  function count(tag: unknown): number {
    if (tag === "finalized") return chain.count(chain.finalized);
    return Math.max(0, chain.count() + (time.now() < faults.lie.until ? faults.lie.by : 0));
  }

  function broadcast(raw: Hex): unknown {
    onBroadcast(raw);
    if (time.now() < faults.refuses && parseTransaction(raw).data !== undefined) return new Error("oversized data");
    if (time.now() < faults.deaf) return `0x${"00".repeat(32)}`;
    const deliver = () => {
      try {
        return chain.accept(raw);
      } catch (error) {
        return error;
      }
    };
    if (time.now() >= faults.late) return deliver();
    time.at(time.now() + 500 + dice.below(4_000), deliver);
    return new Error("timed out");
  }

  return createPublicClient({ transport: custom({ request }, { retryCount: 0 }), cacheTime: 0 });
}

function feesOf(chain: ModelChain): unknown {
  const baseFeePerGas = [numberToHex(chain.head.baseFee), numberToHex(chain.baseFee)];
  return { oldestBlock: numberToHex(chain.head.number), baseFeePerGas, gasUsedRatio: [0.5], reward: [["0x0"]] };
}

function blockOf(chain: ModelChain, number: number): unknown {
  const block = chain.block(number);
  if (block === undefined) return null;
  return { number: numberToHex(number), hash: block.hash, timestamp: "0x1", transactions: [] };
}
