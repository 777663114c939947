import { HeraldError } from "@herald/wire/errors";
import type { Log } from "@herald/wire/log";
import { type Address, encodeFunctionData, type Hex, isAddressEqual, type LocalAccount, type PublicClient } from "viem";
import type { DispatchedMessage } from "./dispatchedMessages.js";
import { type BoundedFetch, createBoundedFetch } from "./fetch/boundedFetch.js";
import { mailboxAbi } from "./hyperlaneAbi.js";
import { addressOf } from "./messageCodec.js";
import { LOOKUP_TIMEOUT_MS, MAX_LOOKUP_BYTES } from "./metadata/ccipRead.js";
import type { Unsigned } from "./metadata/metadata.js";
import { resolveMetadata } from "./metadata/resolveMetadata.js";
import { type Announcements, signatureSource } from "./metadata/signatureSource.js";
import type { OriginTree } from "./originTree.js";

/** What can be done about a message now. */
export type PreparedDelivery =
  | { readonly state: "delivered" }
  | { readonly state: "ready"; readonly call: { readonly to: Address; readonly data: Hex } }
  | Unsigned;

export interface DeliveryParameters {
  /** Of the destination chain, with `ccipRead: false`: else any module could have viem fetch URLs of its choice. */
  readonly client: PublicClient;
  /** On the destination chain. */
  readonly mailbox: Address;
  readonly message: DispatchedMessage;
  readonly originDomain: number;
  /** On the origin chain; its leaves are what the validators sign. */
  readonly merkleTreeHook: Address;
  /** Storage locations by validator address. */
  readonly locations: Readonly<Record<string, string>>;
  /** Where to look for the locations of other validators. */
  readonly announcements?: Announcements;
  /** The origin's own word on its tree: signatures for another root do not count then, and merkle-root modules can be served. */
  readonly originTree?: OriginTree;
  /** Fetches what CCIP-read modules ask for. Default: https from public addresses. */
  readonly fetch?: BoundedFetch;
  /** Who sends the delivery, for modules that let one relayer only deliver. */
  readonly relayer?: Address;
  /** Signs the questions to CCIP-read servers; some ask for it. */
  readonly lookupSigner?: LocalAccount;
  readonly log: Log;
}

const publicFetch = createBoundedFetch({
  maxBytes: MAX_LOOKUP_BYTES,
  timeoutMs: LOOKUP_TIMEOUT_MS,
  reach: "public",
});

/**
 * Prepares the `Mailbox.process` call that delivers a message, whatever security module its recipient has. Missing signatures are no error:
 * ask again later.
 * @throws HeraldError HYPERLANE_WRONG_ORIGIN, HYPERLANE_NOT_INSERTED, HYPERLANE_MESSAGE_MALFORMED, what `resolveMetadata` throws
 */
export async function prepareDelivery(parameters: DeliveryParameters): Promise<PreparedDelivery> {
  const { client, message, originDomain, merkleTreeHook, log } = parameters;
  const { messageId } = message;
  if (message.origin !== originDomain) throw wrongOrigin(message, originDomain);
  const leaf = message.insertions.find((it) => isAddressEqual(it.merkleTreeHook, merkleTreeHook));
  if (leaf === undefined) throw notInserted(message, merkleTreeHook);
  const recipient = addressOf(message.recipient);
  // Remembered by the tree: what most modules want is read while the destination is asked which module it is.
  parameters.originTree?.leaf(message).catch(() => undefined);

  const mailbox = { address: parameters.mailbox, abi: mailboxAbi } as const;
  const [delivered, ism] = await Promise.all([
    client.readContract({ ...mailbox, functionName: "delivered", args: [messageId] }),
    client.readContract({ ...mailbox, functionName: "recipientIsm", args: [recipient] }),
  ]);
  if (delivered) return { state: "delivered" };
  const made = await resolveMetadata(
    {
      client,
      mailbox: parameters.mailbox,
      message,
      leaf: { index: leaf.index, merkleTreeHook },
      signatures: signatureSource(parameters.locations, parameters.announcements),
      originTree: parameters.originTree,
      relayer: parameters.relayer,
      fetch: parameters.fetch ?? publicFetch,
      lookupSigner: parameters.lookupSigner,
      log,
    },
    ism,
  );
  if (made.state === "unsigned") {
    const { signed, threshold, reasons } = made;
    log.debug("signatures are missing", { messageId, signed, threshold, reasons });
    return made;
  }
  const args = [made.metadata, message.message] as const;
  const data = encodeFunctionData({ abi: mailboxAbi, functionName: "process", args });
  return { state: "ready", call: { to: parameters.mailbox, data } };
}

function wrongOrigin({ messageId, origin }: DispatchedMessage, expected: number): HeraldError {
  return new HeraldError({
    code: "HYPERLANE_WRONG_ORIGIN",
    message: "The message comes from another domain than the lane's.",
    facts: { messageId, origin, expected },
    fix: "Check the configured domain of the hub chain.",
    actor: "operator",
    retry: { afterMs: 60_000 },
  });
}

function notInserted({ messageId, insertions }: DispatchedMessage, merkleTreeHook: Address): HeraldError {
  return new HeraldError({
    code: "HYPERLANE_NOT_INSERTED",
    message: "The message was never inserted into the merkle tree the validators sign, so nobody will ever sign it.",
    facts: { messageId, merkleTreeHook, insertedInto: insertions.map((it) => it.merkleTreeHook) },
    fix: "Let the Mailbox's default or required hook reach the configured MerkleTreeHook, and publish again.",
    actor: "operator",
    retry: { afterMs: 60_000 },
  });
}
