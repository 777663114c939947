import { setTimeout as delay } from "node:timers/promises";
import { createPublicClient, type Hex, webSocket } from "viem";
import { benchMailboxAbi, type MailboxChain } from "./mailboxPair.js";

/** What a chain's node shows of deliveries, whoever made them. */
export interface ProcessedMessages {
  /** Unix milliseconds when the block that processed a message was first seen, by message id. */
  readonly seenAt: ReadonlyMap<Hex, number>;
  /** Resolves with the next block. */
  nextBlock(): Promise<void>;
  stop(): Promise<void>;
}

/** Watches a Mailbox at its node. Heads are pushed over a WebSocket, so that a block is seen within milliseconds. */
export async function watchProcessed({ node, mailbox }: MailboxChain): Promise<ProcessedMessages> {
  const client = createPublicClient({ transport: webSocket(node.url.replace(/^http/, "ws")), cacheTime: 0 });
  const seenAt = new Map<Hex, number>();
  let next = (await client.getBlockNumber()) + 1n;
  let failure: unknown;
  const read = async (blockNumber: bigint, at: number): Promise<void> => {
    const range = { fromBlock: blockNumber, toBlock: blockNumber };
    const filter = { address: mailbox, abi: benchMailboxAbi, eventName: "ProcessId", strict: true } as const;
    for (const { args } of await client.getContractEvents({ ...filter, ...range })) seenAt.set(args.messageId, at);
  };
  const unwatch = client.watchBlockNumber({
    emitMissed: true,
    onBlockNumber: (head) => {
      const at = Date.now();
      for (; next <= head; next++) {
        read(next, at).catch((error: unknown) => {
          failure ??= error;
        });
      }
    },
    onError: (error) => {
      failure ??= error;
    },
  });
  return {
    seenAt,
    async nextBlock() {
      for (const before = next; next === before && failure === undefined; ) await delay(2);
      if (failure !== undefined) throw failure;
    },
    async stop() {
      unwatch();
      (await client.transport.getRpcClient()).close();
    },
  };
}
