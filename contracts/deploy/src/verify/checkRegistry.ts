import { workerRegistryAbi } from "@herald/wire/abi/WorkerRegistry";
import { isAddressEqual, zeroAddress } from "viem";
import type { RegistryPlan } from "../plan/deployPlan.js";
import type { Finding } from "../plan/finding.js";
import type { Site } from "../state/site.js";

/** The directory of workers: what it was built with, and what its owner decides. */
export async function checkRegistry(site: Site, plan: RegistryPlan): Promise<Finding[]> {
  const { reader, name: chain } = site.chain;
  const registry = { address: site.need("workerRegistry"), abi: workerRegistryAbi } as const;
  const [recipient, unbondingTime, jailTime, minStake, slasher] = await Promise.all([
    reader.readContract({ ...registry, functionName: "RECIPIENT" }),
    reader.readContract({ ...registry, functionName: "UNBONDING_TIME" }),
    reader.readContract({ ...registry, functionName: "JAIL_TIME" }),
    reader.readContract({ ...registry, functionName: "minStake" }),
    reader.readContract({ ...registry, functionName: "slasher" }),
  ]);
  const findings: Finding[] = [];
  const differs = (severity: "critical" | "serious", what: string, fix: string) =>
    findings.push({ chain, severity, code: "REGISTRY_DIFFERENT", what, fix });
  const again = "Deploy the registry again: remove it from the state, and run `herald deploy`.";
  const owner = "Run `herald deploy`, which says what the owner must send.";
  if (!isAddressEqual(recipient, plan.recipient)) {
    differs("critical", `slashed stake goes to ${recipient}, not to ${plan.recipient}`, again);
  }
  if (unbondingTime !== plan.unbondingTime) {
    differs("serious", `stake leaves after ${unbondingTime} seconds, not ${plan.unbondingTime}`, again);
  }
  if (jailTime !== plan.jailTime) differs("serious", `a jail lasts ${jailTime} seconds, not ${plan.jailTime}`, again);
  if (minStake !== BigInt(plan.minStake)) {
    differs("serious", `the least stake is ${minStake}, not ${plan.minStake}`, owner);
  }
  const wanted = plan.slasher ?? zeroAddress;
  if (!isAddressEqual(slasher, wanted)) differs("critical", `${slasher} may slash operators, not ${wanted}`, owner);
  return findings;
}
