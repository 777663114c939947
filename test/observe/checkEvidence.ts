import { readFileSync } from "node:fs";
import { createCelestiaClient } from "@herald/da/celestiaClient";
import { namespaceOf } from "@herald/da/namespace";
import { verifyEvidence } from "@herald/da/verifyEvidence";
import { parseChainId } from "@herald/wire/ids";
import type { WorldInfo } from "@herald/world/worldInfo";
import { type Address, type Hex, toHex } from "viem";

/** Fetches a request's evidence from Celestia and checks it from the block's header down to the workers' signatures; gives the output. */
export async function checkEvidence(
  info: WorldInfo,
  place: { readonly height: number; readonly commitment: string },
  origin: { readonly chainId: number; readonly gateway: Address },
): Promise<Hex> {
  const client = createCelestiaClient({
    url: info.celestia.url,
    token: readFileSync(info.celestia.tokenFile, "utf8").trim(),
  });
  const locator = {
    height: BigInt(place.height),
    namespace: namespaceOf(`0x${info.celestia.namespace}`),
    commitment: toHex(Buffer.from(place.commitment, "base64")),
  };
  const ref = { chainId: parseChainId(origin.chainId), gateway: origin.gateway };
  const { envelope } = await verifyEvidence({ client, locator, ref });
  return envelope.part.output;
}
