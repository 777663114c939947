import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkpointHash } from "@herald/chains/hyperlane/checkpoint";
import { formatCheckpointFile } from "@herald/chains/hyperlane/checkpointFile";
import { type DispatchedMessage, dispatchedMessages } from "@herald/chains/hyperlane/dispatchedMessages";
import { emptyTree, insertLeaf, treeRoot } from "@herald/chains/hyperlane/incrementalTree";
import { type Address, type Hex, type LocalAccount, pad } from "viem";
import { benchMailboxAbi, type MailboxChain } from "./mailboxPair.js";

const DISPATCH_GAS = 500_000n;

/**
 * Dispatches messages, one per recipient, each in a transaction of its own in as few blocks as take them, and has the validators' signatures written
 * before it returns. For a chain on which nobody else dispatches and nothing is mined otherwise.
 */
export function createDispatcher(parameters: {
  readonly hub: MailboxChain;
  readonly destination: number;
  readonly validators: readonly { readonly key: LocalAccount; readonly folder: string }[];
}): (recipients: readonly Address[]) => Promise<readonly DispatchedMessage[]> {
  const { hub, destination, validators } = parameters;
  const { wallet, mailbox, merkleTreeHook } = hub;
  let tree = emptyTree;

  return async (recipients) => {
    const first = await wallet.getTransactionCount({ address: wallet.account.address });
    const { maxFeePerGas, maxPriorityFeePerGas } = await wallet.estimateFeesPerGas();
    const fees = { maxFeePerGas: maxFeePerGas * 2n, maxPriorityFeePerGas, gas: DISPATCH_GAS };
    const hashes = await Promise.all(
      recipients.map((recipient, i) => {
        const args = [destination, pad(recipient, { size: 32 }), "0x"] as const;
        const call = { address: mailbox, abi: benchMailboxAbi, functionName: "dispatch", args } as const;
        return wallet.writeContract({ ...call, ...fees, nonce: first + i });
      }),
    );
    const { address } = wallet.account;
    while ((await wallet.getTransactionCount({ address })) < first + hashes.length) await wallet.mine({ blocks: 1 });
    const messages: DispatchedMessage[] = [];
    for (const hash of hashes) {
      const [message] = dispatchedMessages(await wallet.getTransactionReceipt({ hash }));
      if (message === undefined) throw new TypeError("a dispatch of the benchmark reverted");
      tree = insertLeaf(tree, message.messageId);
      await sign(message.messageId, tree.count - 1, treeRoot(tree));
      messages.push(message);
    }
    return messages;
  };

  async function sign(messageId: Hex, index: number, root: Hex): Promise<void> {
    const checkpoint = { domain: hub.chainId, merkleTreeHook, root, index, messageId };
    for (const { key, folder } of validators) {
      const signature = await key.signMessage({ message: { raw: checkpointHash(checkpoint) } });
      writeFileSync(join(folder, `${index}_with_id.json`), formatCheckpointFile({ checkpoint, signature }));
    }
  }
}
