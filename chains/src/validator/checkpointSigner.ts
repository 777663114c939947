import { HeraldError } from "@herald/wire/errors";
import type { Log } from "@herald/wire/log";
import type { Address, Hex, LocalAccount } from "viem";
import { type Checkpoint, checkpointHash } from "../hyperlane/checkpoint.js";
import type { CheckpointFolder } from "./checkpointFolder.js";
import type { Leaf, TreePosition } from "./treeFollower.js";

/** Files signed and written at a time while catching up. */
const SIGN_AT_ONCE = 50;

/** Signs leaves into a folder, and never one leaf in two ways. */
export class CheckpointSigner {
  readonly #p: {
    readonly account: LocalAccount;
    readonly domain: number;
    readonly merkleTreeHook: Address;
    readonly folder: CheckpointFolder;
    readonly log: Log;
  };
  #raising: Promise<void> = Promise.resolve();

  constructor(parameters: {
    readonly account: LocalAccount;
    readonly domain: number;
    readonly merkleTreeHook: Address;
    readonly folder: CheckpointFolder;
    readonly log: Log;
  }) {
    this.#p = parameters;
  }

  /**
   * Signs what is not signed yet; the latest index is written once the files are there.
   * @throws HeraldError VALIDATOR_REORG if a leaf is signed already, but otherwise
   */
  async sign(leaves: readonly Leaf[], reached: TreePosition): Promise<void> {
    for (let first = 0; first < leaves.length; first += SIGN_AT_ONCE) {
      await Promise.all(leaves.slice(first, first + SIGN_AT_ONCE).map((leaf) => this.#writeSigned(leaf)));
    }
    const latest = leaves.at(-1)?.index;
    if (latest === undefined) return;
    await this.#raiseLatest(latest);
    this.#p.log.info("leaves signed", { count: leaves.length, latest, block: reached.block });
  }

  /**
   * Whether a leaf is signed already.
   * @throws HeraldError VALIDATOR_REORG if it is, but otherwise
   */
  async hasSigned(leaf: Leaf): Promise<boolean> {
    const known = await this.#p.folder.checkpoint(leaf.index);
    if (known === undefined) return false;
    if (checkpointHash(known) === checkpointHash(this.#checkpointOf(leaf))) return true;
    throw reorgError({ index: leaf.index, signedRoot: known.root, chainRoot: leaf.root });
  }

  /** Signs one leaf by itself. The latest index follows it only upwards: leaves below may be missing. */
  async signLeaf(leaf: Leaf): Promise<void> {
    await this.#writeSigned(leaf);
    await this.#raiseLatest(leaf.index);
  }

  async #raiseLatest(index: number): Promise<void> {
    // One after the other: of two at once, the lower could be written last.
    const { folder } = this.#p;
    const raised = this.#raising.then(async () => {
      if (index > (await folder.latestIndex())) await folder.writeLatestIndex(index);
    });
    this.#raising = raised.catch(() => undefined);
    await raised;
  }

  async #writeSigned(leaf: Leaf): Promise<void> {
    if (await this.hasSigned(leaf)) return;
    const checkpoint = this.#checkpointOf(leaf);
    const signature = await this.#p.account.signMessage({ message: { raw: checkpointHash(checkpoint) } });
    await this.#p.folder.writeCheckpoint(checkpoint, signature);
  }

  #checkpointOf({ index, messageId, root }: Leaf): Checkpoint {
    const { domain, merkleTreeHook } = this.#p;
    return { domain, merkleTreeHook, root, index, messageId };
  }
}

/** The error for a chain that no longer has what was signed. */
export function reorgError(facts: {
  readonly index: number;
  readonly signedRoot: Hex | undefined;
  readonly chainRoot: Hex;
  readonly block?: string;
}): HeraldError {
  return new HeraldError({
    code: "VALIDATOR_REORG",
    message: "The chain took back a leaf that was signed.",
    facts,
    fix: "Find out how a reorganisation went deeper than the reorg period; then retire this key and storage folder.",
    actor: "operator",
    retry: "never",
  });
}
