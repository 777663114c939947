import { type Address, type Hex, keccak256, type LocalAccount } from "viem";
import type { Fees } from "./fees.js";
import type { TransactionAttempt } from "./transactionStore.js";

/** Signs one version of a transaction; nothing is sent. */
export async function signAttempt(parameters: {
  readonly account: LocalAccount;
  readonly chainId: number;
  readonly nonce: number;
  readonly to: Address;
  readonly data: Hex;
  readonly value: bigint;
  readonly gas: bigint;
  readonly fees: Fees;
  readonly cancels: boolean;
  /** Unix milliseconds. */
  readonly signedAt: number;
}): Promise<TransactionAttempt> {
  const { account, fees, cancels, signedAt, ...transaction } = parameters;
  const raw = await account.signTransaction({
    type: "eip1559",
    ...transaction,
    maxFeePerGas: fees.maxFeePerGas,
    maxPriorityFeePerGas: fees.maxPriorityFeePerGas,
  });
  return {
    hash: keccak256(raw),
    raw,
    maxFeePerGas: fees.maxFeePerGas.toString(),
    maxPriorityFeePerGas: fees.maxPriorityFeePerGas.toString(),
    signedAt,
    cancels,
  };
}
