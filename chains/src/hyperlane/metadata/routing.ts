import { type Address, isAddressEqual, zeroAddress } from "viem";
import { routingIsmAbi } from "../hyperlaneAbi.js";
import type { Metadata, MetadataContext, Resolve } from "./metadata.js";
import { moduleRefused } from "./metadataErrors.js";
import { readModule } from "./moduleCall.js";

/** A routing module hands its metadata on, unchanged, to the module it names for the message. */
export async function routed({ client, message }: MetadataContext, ism: Address, resolve: Resolve): Promise<Metadata> {
  const call = { address: ism, abi: routingIsmAbi, functionName: "route", args: [message.message] } as const;
  const next = await readModule(ism, call.functionName, () => client.readContract(call));
  if (!isAddressEqual(next, zeroAddress)) return await resolve(next);
  throw moduleRefused(
    "HYPERLANE_ISM_NO_ROUTE",
    "The routing security module has no module for the message.",
    ism,
    { origin: message.origin },
    "Have the module's owner set one for this origin.",
  );
}
