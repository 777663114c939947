import type { TransactionReceipt } from "viem";
import { type Fees, max } from "./fees.js";
import type { TransactionRecord } from "./transactionStore.js";

/** The most a transaction can burn, in wei: its whole gas at its whole fee, and its data on L1. */
export function worstCost(gas: bigint, fees: Fees, l1Fee: bigint): bigint {
  return gas * fees.maxFeePerGas + l1Fee;
}

/** The most that any attempt of a record that has not landed can burn. */
export function openCost(record: TransactionRecord): bigint {
  const fee = record.attempts.map((it) => BigInt(it.maxFeePerGas)).reduce(max, 0n);
  return BigInt(record.gas) * fee + BigInt(record.l1Fee);
}

/** What a transaction did burn. */
export function landedCost(record: TransactionRecord, receipt: TransactionReceipt): bigint {
  // OP-stack receipts say what the data cost; viem leaves the field as it came.
  const said: unknown = "l1Fee" in receipt ? receipt.l1Fee : undefined;
  const l1Fee = typeof said === "string" || typeof said === "bigint" ? BigInt(said) : BigInt(record.l1Fee);
  return receipt.gasUsed * receipt.effectiveGasPrice + l1Fee;
}
