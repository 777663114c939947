import { type Address, parseAbi } from "viem";
import type { Site } from "../state/site.js";

export const ownableAbi = parseAbi([
  "function owner() view returns (address)",
  "function pendingOwner() view returns (address)",
  "function transferOwnership(address newOwner)",
  "function acceptOwnership()",
]);

/** Who owns a contract now; one that is not there yet will be the deployer's. */
export async function ownerOf(site: Site, contract: string): Promise<Address> {
  const address = site.find(contract);
  if (address === undefined) return site.deployer;
  return site.chain.reader.readContract({ address, abi: ownableAbi, functionName: "owner" });
}
