import { encodeFunctionData } from "viem";
import type { Site } from "../state/site.js";
import { ownableAbi, ownerOf } from "./ownerOf.js";
import { ownerText } from "./shortText.js";
import type { Step } from "./step.js";

/** Hands a contract to the planned owner, who must accept it (OpenZeppelin's `Ownable2Step`). */
export function handOverStep(site: Site, contract: string): Step {
  const key = `owner:${contract}`;
  return {
    key,
    look: async () => {
      const [owner, wanted] = [await ownerOf(site, contract), site.owner];
      if (owner === wanted) return { calls: [] };
      const address = site.find(contract);
      const pending =
        address === undefined
          ? undefined
          : await site.chain.reader.readContract({ address, abi: ownableAbi, functionName: "pendingOwner" });
      const to = site.need(contract);
      if (pending === wanted) {
        const data = encodeFunctionData({ abi: ownableAbi, functionName: "acceptOwnership" });
        return { calls: [{ what: `${contract}.acceptOwnership()`, from: wanted, to, data, gas: 32_000 }] };
      }
      const data = encodeFunctionData({ abi: ownableAbi, functionName: "transferOwnership", args: [wanted] });
      const what = `${contract}.transferOwnership(${ownerText(site)}), to be accepted`;
      return { calls: [{ what, from: owner, to, data, gas: 48_000 }] };
    },
  };
}

/** Gives a contract of Hyperlane's to the planned owner at once. */
export function giveStep(site: Site, contract: string): Step {
  return {
    key: `owner:${contract}`,
    look: async () => {
      const [owner, wanted] = [await ownerOf(site, contract), site.owner];
      if (owner === wanted) return { calls: [] };
      const data = encodeFunctionData({ abi: ownableAbi, functionName: "transferOwnership", args: [wanted] });
      const what = `${contract}.transferOwnership(${ownerText(site)})`;
      return { calls: [{ what, from: owner, to: site.need(contract), data, gas: 30_000 }] };
    },
  };
}
