import { type Address, concatHex, type Hex, numberToHex, pad } from "viem";
import { merkleProof } from "../incrementalTree.js";
import { collector } from "./messageIdMultisig.js";
import type { Metadata, MetadataContext } from "./metadata.js";
import { moduleRefused } from "./metadataErrors.js";
import type { ValidatorSet } from "./validatorSet.js";

/**
 * Metadata of a merkle-root multisig module (MerkleRootMultisigIsmMetadata.sol): hook, the message's leaf, the message of the signed leaf, 32
 * siblings, the signed leaf, then exactly `threshold` signatures in the order of the module's validator list.
 */
export function merkleRootMultisigMetadata(
  parts: {
    readonly merkleTreeHook: Address;
    readonly index: number;
    readonly signedIndex: number;
    readonly signedMessageId: Hex;
    readonly proof: readonly Hex[];
  },
  signatures: readonly Hex[],
): Hex {
  return concatHex([
    pad(parts.merkleTreeHook, { size: 32 }),
    numberToHex(parts.index, { size: 4 }),
    parts.signedMessageId,
    ...parts.proof,
    numberToHex(parts.signedIndex, { size: 4 }),
    ...signatures,
  ]);
}

/**
 * Makes it from the signatures for the message's own leaf. A later checkpoint would prove the message too, but validators sign every leaf,
 * and one that leaves this message's out may mean it: checking validators do.
 */
export async function signedByMerkleRoot(
  context: MetadataContext,
  ism: Address,
  { validators, threshold }: ValidatorSet,
): Promise<Metadata> {
  const { message, leaf, signatures: source, originTree } = context;
  if (originTree === undefined) {
    throw moduleRefused(
      "HYPERLANE_ISM_NEEDS_TREE",
      "The security module wants a merkle proof, and the origin's tree is not read here.",
      ism,
      {},
      "Give the delivery the origin's merkle tree.",
    );
  }
  const [places, known] = await Promise.all([source.locate(validators), originTree.leaf(message)]);
  const collect = collector(context, validators, places, known.root);
  const { signatures, reasons } = await collect();
  if (signatures.length < threshold) {
    const hasEnough = async () => (await collect()).signatures.length >= threshold;
    return { state: "unsigned", signed: signatures.length, threshold, reasons, hasEnough };
  }
  const metadata = merkleRootMultisigMetadata(
    {
      merkleTreeHook: leaf.merkleTreeHook,
      index: known.index,
      signedIndex: known.index,
      signedMessageId: message.messageId,
      proof: merkleProof(known.before, message.messageId, []),
    },
    signatures.slice(0, threshold),
  );
  return { state: "ready", metadata, canBeTried: true };
}
