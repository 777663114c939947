import { setTimeout as delay } from "node:timers/promises";
import { formatError } from "@herald/wire/errors";
import type { Log } from "@herald/wire/log";
import type { Address, Hex, PublicClient } from "viem";
import { type Finality, readFinal } from "../watch/finality.js";
import { mailboxAbi } from "./hyperlaneAbi.js";

/**
 * Follows a delivery, whoever made it, until the destination's final block has it (`final`) or a reorganisation has taken it back (`gone`).
 * A chain that does not answer is asked again: the delivery is made, and giving up here would only begin it anew.
 * @throws the signal's reason
 */
export async function followDelivery(parameters: {
  /** Of the destination chain. */
  readonly client: PublicClient;
  readonly mailbox: Address;
  readonly messageId: Hex;
  readonly finality: Finality;
  readonly pollMs: number;
  readonly log: Log;
  readonly signal: AbortSignal;
}): Promise<"final" | "gone"> {
  const { client, mailbox, messageId, finality, pollMs, log, signal } = parameters;
  const delivered = { address: mailbox, abi: mailboxAbi, functionName: "delivered", args: [messageId] } as const;
  for (;;) {
    signal.throwIfAborted();
    try {
      const end = await look();
      if (end !== undefined) return end;
    } catch (error) {
      log.warn("a delivery could not be looked at; looking again", { messageId, error: formatError(error) });
    }
    await delay(pollMs, undefined, { signal });
  }

  async function look(): Promise<"final" | "gone" | undefined> {
    const final = await readFinal(client, finality, await client.getBlockNumber({ cacheTime: 0 }));
    if (final.number >= 0n) {
      const blockHash = final.hash ?? (await client.getBlock({ blockNumber: final.number })).hash;
      if (await client.readContract({ ...delivered, blockHash })) return "final";
    }
    return (await client.readContract(delivered)) ? undefined : "gone";
  }
}
