import { formatError, isHeraldError } from "@herald/wire/errors";
import { type Address, concatHex, type Hex, numberToHex, pad } from "viem";
import { causes } from "../../send/errorText.js";
import type { Checkpoint } from "../checkpoint.js";
import { collectSignatures } from "./collectSignatures.js";
import type { Metadata, MetadataContext } from "./metadata.js";
import type { SignaturePlace } from "./signatureSource.js";
import type { ValidatorSet } from "./validatorSet.js";

/**
 * Metadata of a message-id multisig module (MessageIdMultisigIsmMetadata.sol): hook, root, index, then exactly `threshold` signatures of 65
 * bytes, in the order of the module's validator list. The message id is not in it: the module computes it from the message.
 */
export function messageIdMultisigMetadata(
  checkpoint: Pick<Checkpoint, "merkleTreeHook" | "root" | "index">,
  signatures: readonly Hex[],
): Hex {
  return concatHex([
    pad(checkpoint.merkleTreeHook, { size: 32 }),
    checkpoint.root,
    numberToHex(checkpoint.index, { size: 4 }),
    ...signatures,
  ]);
}

/** Makes it from the signatures for the message's own leaf. */
export async function signedByMessageId(
  context: MetadataContext,
  { validators, threshold }: ValidatorSet,
): Promise<Metadata> {
  const { leaf, signatures: source } = context;
  const [places, known] = await Promise.all([source.locate(validators), rootAtOrigin(context)]);
  const collect = collector(context, validators, places, known);
  const { root, signatures, reasons } = await collect();
  if (root !== undefined && signatures.length >= threshold) {
    const metadata = messageIdMultisigMetadata({ ...leaf, root }, signatures.slice(0, threshold));
    return { state: "ready", metadata, canBeTried: true };
  }
  const hasEnough = async () => (await collect()).signatures.length >= threshold;
  return { state: "unsigned", signed: signatures.length, threshold, reasons, hasEnough };
}

/**
 * The origin's own root. Its providers may no longer have the state of an old message's block; the validators' word stands alone then, which
 * is all the module itself asks for.
 */
async function rootAtOrigin({ message, originTree, log }: MetadataContext): Promise<Hex | undefined> {
  try {
    return (await originTree?.leaf(message))?.root;
  } catch (error) {
    const own = [...causes(error)].find(isHeraldError);
    if (own?.code.startsWith("HYPERLANE_")) throw own;
    const { messageId } = message;
    log.warn("the origin's root is not known; the validators' is taken", { messageId, error: formatError(error) });
    return undefined;
  }
}

/** Collects signatures for the message's own leaf, each time reading only what was missing the time before. */
export function collector(
  { message, leaf }: MetadataContext,
  validators: readonly Address[],
  places: readonly (readonly SignaturePlace[])[],
  root: Hex | undefined,
) {
  const seen: Parameters<typeof collectSignatures>[0]["seen"] = new Map();
  const located = validators.map((validator, i) => ({ validator, places: places[i] ?? [] }));
  const expected = { ...leaf, domain: message.origin, messageId: message.messageId, root };
  return () => collectSignatures({ validators: located, expected, seen });
}
