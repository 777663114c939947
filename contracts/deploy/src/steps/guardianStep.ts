import { type Address, encodeFunctionData, parseAbi } from "viem";
import type { Site } from "../state/site.js";
import { ownerOf } from "./ownerOf.js";
import { short } from "./shortText.js";
import type { Step } from "./step.js";

/** The same on every contract of ours that has a guardian. */
export const guardedAbi = parseAbi([
  "function guardian() view returns (address)",
  "function setGuardian(address guardian)",
]);

/** What cannot wait for a timelock: the gateway is paused, a publisher revoked, an operator jailed by the guardian. */
export const guardedContracts = {
  gateway: "InferenceGateway",
  resultHub: "ResultHub",
  workerRegistry: "WorkerRegistry",
} as const;

/** Names a contract's guardian. */
export function guardianStep(site: Site, contract: keyof typeof guardedContracts, guardian: Address): Step {
  const abi = guardedAbi;
  return {
    key: `guardian:${contract}`,
    look: async () => {
      const address = site.find(contract);
      if (address !== undefined) {
        const now = await site.chain.reader.readContract({ address, abi, functionName: "guardian" });
        if (now === guardian) return { calls: [] };
      }
      const call = {
        what: `${guardedContracts[contract]}.setGuardian(${short(guardian)})`,
        from: await ownerOf(site, contract),
        to: site.need(contract),
        data: encodeFunctionData({ abi, functionName: "setGuardian", args: [guardian] }),
        gas: 48_000,
      };
      return { calls: [call] };
    },
  };
}
