import { type Hex, type PublicClient, type TransactionReceipt, TransactionReceiptNotFoundError } from "viem";
import type { TransactionAttempt } from "./transactionStore.js";

/** The receipt of a transaction on the chain as it is now, or undefined. */
export async function receiptOf(client: PublicClient, hash: Hex): Promise<TransactionReceipt | undefined> {
  try {
    return await client.getTransactionReceipt({ hash });
  } catch (error) {
    if (error instanceof TransactionReceiptNotFoundError) return undefined;
    throw error;
  }
}

/** Which of a nonce's attempts landed, newest looked at first. */
export async function findLanded(
  client: PublicClient,
  attempts: readonly TransactionAttempt[],
): Promise<{ readonly attempt: TransactionAttempt; readonly receipt: TransactionReceipt } | undefined> {
  for (const attempt of attempts.toReversed()) {
    const receipt = await receiptOf(client, attempt.hash);
    if (receipt !== undefined) return { attempt, receipt };
  }
  return undefined;
}
