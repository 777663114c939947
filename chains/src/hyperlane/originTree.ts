import { HeraldError } from "@herald/wire/errors";
import { type Address, type Hex, isAddressEqual, type PublicClient, parseAbiItem } from "viem";
import type { DispatchedMessage } from "./dispatchedMessages.js";
import { merkleTreeHookAbi } from "./hyperlaneAbi.js";
import { type IncrementalTree, insertLeaf, treeRoot } from "./incrementalTree.js";

const insertedEvent = parseAbiItem("event InsertedIntoTree(bytes32 messageId, uint32 index)");

/** A message's place in its origin's tree. */
export interface OriginLeaf {
  readonly index: number;
  /** The tree right before it. */
  readonly before: IncrementalTree;
  /** The root right after it: what a validator signs. */
  readonly root: Hex;
}

/** The origin chain's own word on its tree. */
export interface OriginTree {
  /** @throws HeraldError HYPERLANE_TREE_CONTRADICTS, HYPERLANE_MESSAGE_MOVED; what the client throws */
  leaf(message: DispatchedMessage): Promise<OriginLeaf>;
}

/** A leaf as its block gives it; its root takes 32 hashes more, which are spent only on leaves asked for. */
interface BlockLeaf {
  readonly before: IncrementalTree;
  readonly after: IncrementalTree;
}

/** Blocks remembered, so that the messages of a burst share one read, and one that waits is not read again each time. */
const REMEMBERED = 256;

/**
 * Reads the tree around single blocks instead of replaying all of it: the hook keeps the left side of its next leaf's path, so its state
 * before a block and the block's own insertions give every root inside it; the hook's root after the block proves them.
 */
export function createOriginTree(parameters: {
  /** Of the origin chain; it must still have the state of the blocks that messages were dispatched in. */
  readonly client: PublicClient;
  readonly merkleTreeHook: Address;
}): OriginTree {
  const { client, merkleTreeHook } = parameters;
  const hook = { address: merkleTreeHook, abi: merkleTreeHookAbi } as const;
  const known = new Map<Hex, Promise<ReadonlyMap<Hex, BlockLeaf>>>();

  /** The leaves of a block, by message id. */
  async function read(blockHash: Hex): Promise<ReadonlyMap<Hex, BlockLeaf>> {
    const { parentHash } = await client.getBlock({ blockHash });
    const [{ branch, count }, root, insertions] = await Promise.all([
      client.readContract({ ...hook, functionName: "tree", blockHash: parentHash }),
      client.readContract({ ...hook, functionName: "root", blockHash }),
      client.getLogs({ address: merkleTreeHook, event: insertedEvent, strict: true, blockHash }),
    ]);
    let tree: IncrementalTree = { count: Number(count), branch };
    const leaves = new Map<Hex, BlockLeaf>();
    for (const { args } of insertions) {
      if (args.index !== tree.count) throw contradicts({ blockHash, index: args.index, expected: tree.count });
      const before = tree;
      tree = insertLeaf(tree, args.messageId);
      leaves.set(args.messageId, { before, after: tree });
    }
    if (treeRoot(tree) !== root) throw contradicts({ blockHash, root, replayed: treeRoot(tree) });
    return leaves;
  }

  async function leavesOf(blockHash: Hex): Promise<ReadonlyMap<Hex, BlockLeaf>> {
    const leaves = known.get(blockHash) ?? read(blockHash);
    known.set(blockHash, leaves);
    const [oldest] = known.keys();
    if (known.size > REMEMBERED && oldest !== undefined) known.delete(oldest);
    try {
      return await leaves;
    } catch (error) {
      // Not what was begun since.
      if (known.get(blockHash) === leaves) known.delete(blockHash);
      throw error;
    }
  }

  return {
    async leaf(message) {
      const inserted = message.insertions.some((it) => isAddressEqual(it.merkleTreeHook, merkleTreeHook));
      if (!inserted) throw moved(message);
      const found = (await leavesOf(message.blockHash)).get(message.messageId);
      if (found === undefined) throw moved(message);
      return { index: found.before.count, before: found.before, root: treeRoot(found.after) };
    },
  };
}

function contradicts(facts: Record<string, unknown>): HeraldError {
  return new HeraldError({
    code: "HYPERLANE_TREE_CONTRADICTS",
    message: "The origin's insertions into the merkle tree do not give the root its hook has.",
    facts,
    fix: "Check the origin chain's providers: they give events and state that contradict each other.",
    actor: "upstream",
    retry: { afterMs: 5_000 },
  });
}

function moved({ messageId, blockHash }: DispatchedMessage): HeraldError {
  return new HeraldError({
    code: "HYPERLANE_MESSAGE_MOVED",
    message: "The block no longer inserts the message into the merkle tree.",
    facts: { messageId, blockHash },
    fix: "Read the dispatching transaction's receipt again.",
    actor: "upstream",
    retry: { afterMs: 1_000 },
  });
}
