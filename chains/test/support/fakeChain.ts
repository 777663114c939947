import { type Hex, keccak256, numberToHex, toHex } from "viem";

/** Blocks from the head down to the safe one, and to the finalized one. */
export const DEPTH = { safe: 2, finalized: 4 };
export const CHAIN_ID = 31_903;
const someone = "0x00000000000000000000000000000000000000aa";
const empty = `0x${"00".repeat(32)}` as const;

const hashOf = (text: string): Hex => keccak256(toHex(text));
export const blockHash = (number: number): Hex => hashOf(`block ${number}`);
export const balanceAt = (number: number): bigint => BigInt(number) * 1_000n + 7n;
/** Every third block has two logs. */
export const logsAt = (number: number) => (number % 3 === 0 ? [0, 1].map((index) => logOf(number, index, "0x01")) : []);

function logOf(number: number, index: number, data: Hex) {
  return {
    address: someone,
    topics: [hashOf("topic")],
    data,
    blockHash: blockHash(number),
    blockNumber: numberToHex(number),
    transactionHash: hashOf(`transaction ${number}`),
    transactionIndex: "0x0",
    logIndex: numberToHex(index),
    removed: false,
  };
}

export function blockAt(number: number) {
  return {
    number: numberToHex(number),
    hash: blockHash(number),
    parentHash: blockHash(number - 1),
    timestamp: numberToHex(1_700_000_000 + number),
    logsBloom: `0x${"00".repeat(256)}`,
    gasLimit: "0x1c9c380",
    gasUsed: "0x0",
    baseFeePerGas: "0x7",
    miner: someone,
    stateRoot: empty,
    transactionsRoot: empty,
    receiptsRoot: empty,
    extraData: "0x",
    transactions: [],
  };
}

/** A number no block has yet, so that only liars know it. */
export const forgedLog = (number: number) => logOf(number, 0, "0xbad0");

/** What an honest node at `head` answers; undefined = it does not know that block. */
export function nodeAnswer(head: number, method: string, params: readonly unknown[]): unknown {
  const numberOf = (at: unknown): number => {
    if (at === "latest" || at === undefined) return head;
    if (at === "safe") return Math.max(0, head - DEPTH.safe);
    if (at === "finalized") return Math.max(0, head - DEPTH.finalized);
    if (typeof at === "string" && at.length < 66) return Number(at);
    const hash = typeof at === "object" && at !== null && "blockHash" in at ? at.blockHash : at;
    for (let number = head; number >= 0; number--) if (blockHash(number) === hash) return number;
    return Number.POSITIVE_INFINITY;
  };
  const [first, second] = params;
  switch (method) {
    case "eth_chainId":
      return numberToHex(CHAIN_ID);
    case "eth_blockNumber":
      return numberToHex(head);
    case "eth_getBlockByNumber":
    case "eth_getBlockByHash":
      return numberOf(first) > head ? null : blockAt(numberOf(first));
    case "eth_getBalance":
      return numberOf(second) > head ? undefined : numberToHex(balanceAt(numberOf(second)));
    case "eth_getLogs": {
      // CAST: viem writes filters in this form.
      const filter = first as { blockHash?: Hex; fromBlock?: Hex; toBlock?: Hex };
      if (filter.blockHash !== undefined) return numberOf(filter) > head ? undefined : logsAt(numberOf(filter));
      const [from, to] = [Number(filter.fromBlock), Number(filter.toBlock)];
      return Array.from({ length: to - from + 1 }, (_, i) => from + i)
        .filter((number) => number <= head)
        .flatMap(logsAt);
    }
    default:
      throw new Error(`the fake chain knows no ${method}`);
  }
}
