import { type Address, isAddressEqual, type PublicClient } from "viem";
import { nullIsmAbi } from "../hyperlaneAbi.js";
import type { MetadataContext, ReadyMetadata } from "./metadata.js";
import { moduleRefused } from "./metadataErrors.js";
import { tryVerify } from "./moduleCall.js";

/**
 * Modules of type NULL want no metadata and judge by something else: a switch (PausableIsm), who delivers (TrustedRelayerIsm), a time
 * (TimelockRouter), nothing at all (NoopIsm). What they would say is found out beforehand.
 * @throws HeraldError HYPERLANE_ISM_PAUSED, HYPERLANE_TRUSTED_RELAYER_ONLY, HYPERLANE_ISM_REVERTED, HYPERLANE_ISM_DENIES
 */
export async function withoutMetadata(
  context: MetadataContext & { readonly mailbox: Address },
  ism: Address,
): Promise<ReadyMetadata> {
  const { client, mailbox, message, relayer } = context;
  const [trusted, paused] = await Promise.all([probe(client, ism, "trustedRelayer"), probe(client, ism, "paused")]);
  if (typeof trusted === "string") {
    // It asks the Mailbox who delivers, so that trying it beforehand always says no.
    if (relayer !== undefined && isAddressEqual(trusted, relayer)) {
      return { state: "ready", metadata: "0x", canBeTried: false };
    }
    throw moduleRefused(
      "HYPERLANE_TRUSTED_RELAYER_ONLY",
      "The security module lets one relayer deliver, and this is another.",
      ism,
      { trustedRelayer: trusted, relayer: relayer ?? "(not said)" },
      "Let that relayer deliver, directly and not through another contract, or set another security module.",
    );
  }
  if (paused === true) {
    throw moduleRefused(
      "HYPERLANE_ISM_PAUSED",
      "The security module is paused: its owner lets nothing be delivered now.",
      ism,
      {},
      "Ask the module's owner why, and until when.",
    );
  }
  await tryVerify(client, mailbox, ism, "0x", message.message);
  return { state: "ready", metadata: "0x", canBeTried: true };
}

/** What a module may or may not have; having no such function is no error. */
async function probe(client: PublicClient, ism: Address, functionName: "trustedRelayer" | "paused") {
  return await client.readContract({ address: ism, abi: nullIsmAbi, functionName }).catch(() => undefined);
}
