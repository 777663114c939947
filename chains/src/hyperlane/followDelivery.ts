import { setTimeout as delay } from "node:timers/promises";
import type { Address, Hex, PublicClient } from "viem";
import { type Finality, readFinal } from "../watch/finality.js";
import { mailboxAbi } from "./hyperlaneAbi.js";

/**
 * Follows a delivery, whoever made it, until the destination's final block has it (`final`) or a reorganisation has taken it back (`gone`).
 * @throws what the client throws; the signal's reason
 */
export async function followDelivery(parameters: {
  /** Of the destination chain. */
  readonly client: PublicClient;
  readonly mailbox: Address;
  readonly messageId: Hex;
  readonly finality: Finality;
  readonly pollMs: number;
  readonly signal: AbortSignal;
}): Promise<"final" | "gone"> {
  const { client, mailbox, messageId, finality, pollMs, signal } = parameters;
  const delivered = { address: mailbox, abi: mailboxAbi, functionName: "delivered", args: [messageId] } as const;
  for (;;) {
    signal.throwIfAborted();
    const final = await readFinal(client, finality, await client.getBlockNumber({ cacheTime: 0 }));
    if (final.number >= 0n) {
      const blockHash = final.hash ?? (await client.getBlock({ blockNumber: final.number })).hash;
      if (await client.readContract({ ...delivered, blockHash })) return "final";
    }
    if (!(await client.readContract(delivered))) return "gone";
    await delay(pollMs, undefined, { signal });
  }
}
