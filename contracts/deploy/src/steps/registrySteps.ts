import { workerRegistryAbi } from "@herald/wire/abi/WorkerRegistry";
import { encodeFunctionData, zeroAddress } from "viem";
import { heraldArtifact } from "../artifacts/heraldArtifact.js";
import type { RegistryPlan } from "../plan/deployPlan.js";
import type { Site } from "../state/site.js";
import { createStep } from "./createStep.js";
import { ownerOf } from "./ownerOf.js";
import { account, short } from "./shortText.js";
import type { Call, Step } from "./step.js";

/** Creates the directory of workers, the deployer's until it is handed over. */
export function registryStep(site: Site, plan: RegistryPlan): Step {
  const { recipient, minStake, unbondingTime, jailTime } = plan;
  return createStep(site, {
    key: "workerRegistry",
    contract: "WorkerRegistry",
    bytecode: heraldArtifact("WorkerRegistry").creation,
    args: [
      { type: "address", value: () => site.deployer, text: "deployer" },
      { type: "address", value: () => recipient, text: account(site, recipient) },
      { type: "uint128", value: () => BigInt(minStake), text: `${minStake} wei` },
      { type: "uint40", value: () => unbondingTime, text: `${unbondingTime} s` },
      { type: "uint40", value: () => jailTime, text: `${jailTime} s` },
    ],
  });
}

/** What the directory's owner decides beside its guardian: the least stake, and who may slash. */
export function registrySettingsStep(site: Site, plan: RegistryPlan): Step {
  const abi = workerRegistryAbi;
  return {
    key: "registrySettings",
    look: async () => {
      const address = site.find("workerRegistry");
      const { reader } = site.chain;
      const read = async () => {
        if (address === undefined) return [BigInt(plan.minStake), zeroAddress] as const;
        const registry = { address, abi } as const;
        return Promise.all([
          reader.readContract({ ...registry, functionName: "minStake" }),
          reader.readContract({ ...registry, functionName: "slasher" }),
        ]);
      };
      const [minStake, slasher] = await read();
      const by = { from: await ownerOf(site, "workerRegistry"), to: site.need("workerRegistry") };
      const wanted = { minStake: BigInt(plan.minStake), slasher: plan.slasher ?? zeroAddress };
      const calls: Call[] = [];
      if (minStake !== wanted.minStake) {
        const data = encodeFunctionData({ abi, functionName: "setMinStake", args: [wanted.minStake] });
        calls.push({ ...by, what: `WorkerRegistry.setMinStake(${wanted.minStake} wei)`, data, gas: 32_000 });
      }
      if (slasher !== wanted.slasher) {
        const data = encodeFunctionData({ abi, functionName: "setSlasher", args: [wanted.slasher] });
        calls.push({ ...by, what: `WorkerRegistry.setSlasher(${short(wanted.slasher)})`, data, gas: 48_000 });
      }
      return { calls };
    },
  };
}
