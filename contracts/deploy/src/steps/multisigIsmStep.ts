import { encodeFunctionData, parseAbi } from "viem";
import type { Site } from "../state/site.js";
import type { Step } from "./step.js";

/** Whose signatures a lane's messages need. */
export interface LaneSecurity {
  readonly validators: readonly `0x${string}`[];
  readonly threshold: number;
}

export const ismFactoryAbi = parseAbi([
  "function deploy(address[] values, uint8 threshold) returns (address)",
  "function getAddress(address[] values, uint8 threshold) view returns (address)",
  "function implementation() view returns (address)",
]);

/** The message-id multisig module of a lane. Its address follows from its parameters, so the factory says whether it is there. */
export function multisigIsmStep(site: Site, { validators, threshold }: LaneSecurity): Step {
  const args = [[...validators], threshold] as const;
  return {
    key: "ism",
    look: async () => {
      const factory = site.find("multisigIsmFactory");
      if (factory !== undefined) {
        const { reader } = site.chain;
        const read = { address: factory, abi: ismFactoryAbi, functionName: "getAddress", args } as const;
        const contract = await reader.readContract(read);
        if ((await reader.getCode({ address: contract })) !== undefined) return { calls: [], contract };
      }
      const call = {
        what: `multisig module (${threshold} of ${validators.length} validators)`,
        from: site.deployer,
        to: site.need("multisigIsmFactory"),
        data: encodeFunctionData({ abi: ismFactoryAbi, functionName: "deploy", args }),
        gas: 90_000 + 15_000 * validators.length,
      };
      return { calls: [call] };
    },
  };
}
