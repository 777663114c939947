import { bytesToHex, type Hex, hexToBytes } from "viem";
import { z } from "zod";
import { shareCommitment } from "./commitment.js";
import { NAMESPACE_LENGTH, type Namespace, parseNamespace } from "./namespace.js";
import { rpcBase64, rpcBytes, rpcIndex } from "./rpcValues.js";
import { SIGNER_LENGTH } from "./shares.js";

/** A blob as the chain holds it. */
export interface Blob {
  readonly namespace: Hex;
  readonly data: Uint8Array;
  /** 0, or 1 for a blob that names its poster. */
  readonly shareVersion: number;
  /** Only in share version 1: the account that paid, checked by the chain. */
  readonly signer: Uint8Array | undefined;
  /** What the node says the commitment is; `commitmentOf` computes it. */
  readonly claimedCommitment: Hex;
}

/** `blob.Get` and the items of `blob.GetAll`. */
export const blobSchema = z
  .object({
    namespace: rpcBytes(NAMESPACE_LENGTH),
    data: rpcBase64,
    share_version: rpcIndex,
    commitment: rpcBytes(32),
    signer: z
      .union([z.literal(""), rpcBytes(SIGNER_LENGTH)])
      .nullish()
      .transform((signer) => signer || undefined),
  })
  .transform(
    (blob): Blob => ({
      namespace: bytesToHex(blob.namespace),
      data: blob.data,
      shareVersion: blob.share_version,
      signer: blob.signer,
      claimedCommitment: bytesToHex(blob.commitment),
    }),
  );

/** A blob of share version 0 as `blob.Submit` takes it; the node computes the commitment itself. */
export function blobToRpc(namespace: Namespace, data: Uint8Array) {
  return {
    namespace: Buffer.from(hexToBytes(namespace)).toString("base64"),
    data: Buffer.from(data).toString("base64"),
    share_version: 0,
    index: -1,
  };
}

/**
 * Commitment of a blob a node handed out, computed here and not taken from the node.
 * @throws HeraldError DA_INVALID_NAMESPACE, DA_INVALID_BLOB if no blob of that form can be on the chain
 */
export function commitmentOf(blob: Blob): Hex {
  return shareCommitment(parseNamespace(blob.namespace), blob.data, blob.signer);
}
