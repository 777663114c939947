import { type Hex, keccak256, numberToHex, parseTransaction, stringToHex } from "viem";
import { min } from "../../src/send/fees.js";

/** Blocks from the head to the last one that no reorganisation reaches. */
export const FINALITY = 6;
export const GAS_USED = 50_000n;

export interface ModelTransaction {
  readonly hash: Hex;
  readonly nonce: number;
  readonly data: Hex;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}
export interface Included extends ModelTransaction {
  readonly succeeded: boolean;
  readonly price: bigint;
}
export interface ModelBlock {
  readonly number: number;
  readonly hash: Hex;
  readonly baseFee: bigint;
  readonly transactions: readonly Included[];
}

/** An EVM-like chain with one account that matters: a pool, blocks, finality. What a transaction does is count up its data. */
export class ModelChain {
  readonly #blocks: ModelBlock[] = [{ number: 0, hash: hashOf("genesis"), baseFee: 10n ** 9n, transactions: [] }];
  readonly pool = new Map<number, ModelTransaction>();
  baseFee = 10n ** 9n;
  /** How many of the next transactions revert when they are mined. */
  reverting = 0;
  #made = 0;
  #finalized = 0;

  get head(): ModelBlock {
    const head = this.#blocks.at(-1);
    if (head === undefined) throw new Error("a chain without a block");
    return head;
  }

  block(number: number): ModelBlock | undefined {
    return this.#blocks[number];
  }

  get finalized(): number {
    return this.#finalized;
  }

  count(upTo = this.head.number): number {
    return this.included(upTo).length;
  }

  included(upTo = this.head.number): readonly Included[] {
    return this.#blocks.slice(0, upTo + 1).flatMap((block) => block.transactions);
  }

  /** How often `data` took effect. */
  effects(data: Hex, upTo?: number): number {
    return this.included(upTo).filter((it) => it.data === data && it.succeeded).length;
  }

  find(hash: Hex): { readonly block: ModelBlock; readonly included: Included } | undefined {
    for (const block of this.#blocks) {
      const included = block.transactions.find((it) => it.hash === hash);
      if (included !== undefined) return { block, included };
    }
    return undefined;
  }

  /** What a node does with a broadcast; throws in nodes' own words. */
  accept(raw: Hex): Hex {
    const hash = keccak256(raw);
    const { nonce = 0, data = "0x", maxFeePerGas = 0n, maxPriorityFeePerGas = 0n } = parseTransaction(raw);
    const waiting = this.pool.get(nonce);
    if (waiting?.hash === hash) throw new Error("already known");
    if (nonce < this.count()) throw new Error("nonce too low");
    if (waiting !== undefined) {
      const beats = (fee: bigint, old: bigint) => fee * 10n >= old * 11n;
      const both =
        beats(maxFeePerGas, waiting.maxFeePerGas) && beats(maxPriorityFeePerGas, waiting.maxPriorityFeePerGas);
      if (!both) throw new Error("replacement transaction underpriced");
    }
    this.pool.set(nonce, { hash, nonce, data, maxFeePerGas, maxPriorityFeePerGas });
    return hash;
  }

  /** Somebody else uses our key: replaces what waits with the next nonce. */
  stranger(dear: boolean): void {
    const nonce = this.count();
    const hash = hashOf(`stranger ${this.#made++}`);
    const maxFeePerGas = dear ? this.baseFee * 50n : this.baseFee / 2n;
    this.pool.set(nonce, { hash, nonce, data: "0x", maxFeePerGas, maxPriorityFeePerGas: maxFeePerGas });
  }

  mine(): void {
    const transactions: Included[] = [];
    for (let nonce = this.count(); ; nonce++) {
      const next = this.pool.get(nonce);
      if (next === undefined || next.maxFeePerGas < this.baseFee) break;
      this.pool.delete(nonce);
      const succeeded = !(next.data !== "0x" && this.reverting > 0);
      if (!succeeded) this.reverting--;
      const tip = next.maxFeePerGas - this.baseFee;
      const price = this.baseFee + min(tip, next.maxPriorityFeePerGas);
      transactions.push({ ...next, succeeded, price });
    }
    const number = this.head.number + 1;
    this.#blocks.push({ number, hash: hashOf(`block ${this.#made++}`), baseFee: this.baseFee, transactions });
    this.#finalized = Math.max(this.#finalized, number - FINALITY);
  }

  /** Takes the last blocks out, never final ones; what was in them waits again, or is lost, or loses its nonce to a stranger. */
  reorganise(depth: number, fate: "waits" | "lost" | "robbed"): void {
    const most = Math.min(depth, this.head.number - this.#finalized);
    if (most < 1) return;
    const removed = this.#blocks.splice(-most).flatMap((block) => block.transactions);
    if (fate === "waits") for (const it of removed) if (!this.pool.has(it.nonce)) this.pool.set(it.nonce, it);
    if (fate === "robbed") this.stranger(true);
    for (let i = 0; i <= most; i++) this.mine();
  }
}

export function hashOf(text: string): Hex {
  return keccak256(stringToHex(text));
}

/** A receipt as a node writes it. */
export function receiptOf(chain: ModelChain, hash: Hex): unknown {
  const found = chain.find(hash);
  if (found === undefined) return null;
  const { block, included } = found;
  return {
    ...{
      transactionHash: hash,
      blockHash: block.hash,
      blockNumber: numberToHex(block.number),
      transactionIndex: "0x0",
    },
    ...{ status: included.succeeded ? "0x1" : "0x0", gasUsed: numberToHex(GAS_USED), type: "0x2", logs: [] },
    ...{ cumulativeGasUsed: numberToHex(GAS_USED), effectiveGasPrice: numberToHex(included.price) },
    ...{ from: `0x${"aa".repeat(20)}`, to: `0x${"bb".repeat(20)}`, contractAddress: null, logsBloom: "0x" },
  };
}
