import { HeraldError } from "@herald/wire/errors";
import { type Address, type Hex, type PublicClient, parseAbiItem } from "viem";
import { merkleTreeHookAbi } from "../hyperlane/hyperlaneAbi.js";
import { emptyTree, type IncrementalTree, insertLeaf, treeRoot } from "../hyperlane/incrementalTree.js";
import { mayContainLogsOf } from "../watch/bloom.js";
import { inChunks } from "../watch/inChunks.js";

const insertedEvent = parseAbiItem("event InsertedIntoTree(bytes32 messageId, uint32 index)");

/** Blocks read at a time while catching up. */
const PARALLEL_READS = 32;
/** From here on ranges are worth the question what is final. */
const FAR_BEHIND = 64n;
/** Blocks a range covers; each provider's is split further where it wants that. */
const RANGE = 5_000n;

/** What is read of a block. */
export interface BlockHead {
  readonly number: bigint;
  readonly hash: Hex;
  readonly logsBloom: Hex;
}

interface Insertion {
  readonly index: number;
  readonly messageId: Hex;
  readonly transactionHash: Hex;
}

/** A block whose state is taken as the truth. */
export interface TreePosition {
  /** Height, decimal, so that it can be stored as JSON. */
  readonly block: string;
  readonly hash: Hex;
  readonly tree: IncrementalTree;
}

/** A leaf with the root right after it. */
export interface Leaf {
  readonly index: number;
  readonly messageId: Hex;
  readonly root: Hex;
}

/** A leaf and the transaction that inserted it. */
export type PlacedLeaf = Leaf & { readonly transactionHash: Hex };

/** A replay that does not give what the hook itself says. */
export interface Mismatch {
  readonly localRoot: Hex;
  readonly canonicalRoot: Hex;
  readonly localCount: number;
  readonly canonicalCount: number;
}

/** The MerkleTreeHook's leaves, replayed from its events and proven by its root at the very block they were replayed to. */
export class TreeFollower {
  readonly #client: PublicClient;
  readonly #hook: Address;
  readonly #signal: AbortSignal;

  constructor(client: PublicClient, merkleTreeHook: Address, signal: AbortSignal) {
    this.#client = client;
    this.#hook = merkleTreeHook;
    this.#signal = signal;
  }

  /** Where a replay that begins before `fromBlock` starts. */
  static before(fromBlock: bigint): TreePosition {
    return { block: (fromBlock - 1n).toString(), hash: `0x${"00".repeat(32)}`, tree: emptyTree };
  }

  /**
   * Replays up to a block. Equal roots prove the leaves and their order, so it does not matter on which fork earlier logs were read.
   * @throws HeraldError VALIDATOR_BLOCK_GONE if the block is not on the chain any more; what the client throws
   */
  async advance(
    from: TreePosition,
    to: BlockHead,
  ): Promise<{ readonly position: TreePosition; readonly leaves: readonly PlacedLeaf[] } | Mismatch> {
    const hook = { address: this.#hook, abi: merkleTreeHookAbi, blockHash: to.hash } as const;
    const [insertions, canonicalCount, canonicalRoot] = await Promise.all([
      this.#insertions(BigInt(from.block) + 1n, to),
      this.#client.readContract({ ...hook, functionName: "count" }),
      this.#client.readContract({ ...hook, functionName: "root" }),
    ]);
    let tree = from.tree;
    const leaves: PlacedLeaf[] = [];
    for (const { index, messageId, transactionHash } of insertions) {
      // Seen before a shallow reorganisation moved it to a later block. A missing one shows in the count.
      if (index !== tree.count) continue;
      tree = insertLeaf(tree, messageId);
      leaves.push({ index, messageId, transactionHash, root: treeRoot(tree) });
    }
    const localRoot = leaves.at(-1)?.root ?? treeRoot(tree);
    if (tree.count === canonicalCount && localRoot === canonicalRoot) {
      return { position: { block: to.number.toString(), hash: to.hash, tree }, leaves };
    }
    const now = await this.#client.getBlock({ blockNumber: to.number });
    if (now.hash !== to.hash) throw blockGone(to, now.hash);
    return { localRoot, canonicalRoot, localCount: tree.count, canonicalCount };
  }

  /**
   * A long way behind, what is final is read by ranges, in which forks do not matter any more. The rest by block hash: providers a block
   * apart would give different lists for a range, and only a hash says which fork is meant.
   */
  async #insertions(from: bigint, to: BlockHead): Promise<readonly Insertion[]> {
    const found: Insertion[] = [];
    let first = from;
    if (to.number - first > FAR_BEHIND) {
      const { number: final } = await this.#client.getBlock({ blockTag: "finalized" });
      const last = lower(final, to.number);
      for (; first <= last; first += RANGE) {
        this.#signal.throwIfAborted();
        const end = lower(first + RANGE - 1n, last);
        const filter = { address: this.#hook, event: insertedEvent, strict: true } as const;
        found.push(...(await this.#client.getLogs({ ...filter, fromBlock: first, toBlock: end })).map(insertionOf));
      }
      first = last >= from ? last + 1n : from;
    }
    return [...found, ...(await this.#insertionsByBlock(first, to))];
  }

  async #insertionsByBlock(first: bigint, to: BlockHead): Promise<readonly Insertion[]> {
    const numbers = Array.from({ length: Math.max(0, Number(to.number - first) + 1) }, (_, i) => first + BigInt(i));
    const found = await inChunks(numbers, PARALLEL_READS, async (number): Promise<readonly Insertion[]> => {
      this.#signal.throwIfAborted();
      const block: BlockHead = number === to.number ? to : await this.#client.getBlock({ blockNumber: number });
      if (!mayContainLogsOf(this.#hook, block.logsBloom)) return [];
      const filter = { address: this.#hook, event: insertedEvent, strict: true, blockHash: block.hash } as const;
      return (await this.#client.getLogs(filter)).map(insertionOf);
    });
    return found.flat();
  }
}

function lower(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}

function insertionOf(log: {
  readonly args: { readonly index: number; readonly messageId: Hex };
  readonly transactionHash: Hex;
}): Insertion {
  return { ...log.args, transactionHash: log.transactionHash };
}

function blockGone(block: { readonly number: bigint; readonly hash: Hex }, now: Hex): HeraldError {
  return new HeraldError({
    code: "VALIDATOR_BLOCK_GONE",
    message: "A reorganisation took the block away while it was read.",
    facts: { block: block.number, was: block.hash, now },
    fix: "Nothing; the block that replaced it is read next. If it repeats, raise the reorg period.",
    actor: "upstream",
    retry: "now",
  });
}
