import { z } from "zod";
import type { ExactRules } from "./agreement.js";
import { block, data, feeHistory, log, quantity, receipt, transaction, withoutPlace } from "./normalize.js";

/** How the answers to a method are brought together. */
export type CallClass =
  /** m identical answers. */
  | (ExactRules & { readonly kind: "exact" })
  /** A block by number as above; a tag is first resolved to the highest block m providers share under it. */
  | { readonly kind: "block" }
  /** Logs: m identical lists, by block hash, so that all speak of the same block, or of a range below what is final. */
  | { readonly kind: "logs" }
  /** State, read at one block agreed on first; `at` is the block's place among the parameters. */
  | { readonly kind: "state"; readonly form: z.ZodType; readonly at: number }
  /**
   * A contract's answer, pinned like state. A contract can tell clients apart (by the gas it is given, say), so a contradiction stops this
   * read alone: one hostile contract must not hold a lane.
   */
  | { readonly kind: "call"; readonly form: z.ZodType; readonly at: number }
  /** What a range of blocks cost, up to the block agreed on first; by its number, since nodes take no hash here. */
  | { readonly kind: "history"; readonly form: z.ZodType; readonly at: number }
  /** Gas for a call, see `agreeEstimate`; pinned like state. */
  | { readonly kind: "estimate"; readonly at: number }
  /** The highest number that at least m providers reach. */
  | { readonly kind: "reached" }
  /** To everyone; one acceptance is enough. */
  | { readonly kind: "broadcast" };

/** Every method the quorum answers; all others are not served. */
export const callClasses: Readonly<Record<string, CallClass>> = {
  eth_chainId: { kind: "exact", form: quantity },
  eth_blockNumber: { kind: "reached" },
  eth_getBlockByNumber: { kind: "block" },
  eth_getBlockByHash: { kind: "exact", form: block, nullable: true },
  eth_getLogs: { kind: "logs" },
  eth_getTransactionByHash: { kind: "exact", form: transaction, nullable: true, weaken: withoutPlace },
  eth_getTransactionReceipt: { kind: "exact", form: receipt, nullable: true },
  eth_call: { kind: "call", form: data, at: 1 },
  eth_getBalance: { kind: "state", form: quantity, at: 1 },
  eth_getCode: { kind: "state", form: data, at: 1 },
  eth_getStorageAt: { kind: "state", form: data, at: 2 },
  eth_getTransactionCount: { kind: "state", form: quantity, at: 1 },
  eth_feeHistory: { kind: "history", form: feeHistory, at: 1 },
  eth_estimateGas: { kind: "estimate", at: 1 },
  // Fees: a lone provider can neither raise what we pay nor block the call. Should it lower the answer (two of two), the transaction waits
  // and its sender raises the fee.
  eth_gasPrice: { kind: "reached" },
  eth_maxPriorityFeePerGas: { kind: "reached" },
  eth_sendRawTransaction: { kind: "broadcast" },
};

/** Form of a list of logs. */
export const logList = z.array(log);
