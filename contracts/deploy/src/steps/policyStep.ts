import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { encodeFunctionData, isAddressEqual } from "viem";
import { inRanges } from "../inRanges.js";
import type { PolicyPlan } from "../plan/deployPlan.js";
import type { Site } from "../state/site.js";
import type { Step } from "./step.js";

/** Registers an attested policy, final at once. Policies never change: one that is exactly so is the planned one. */
export function policyStep(site: Site, name: string, policy: PolicyPlan): Step {
  return {
    key: `policy:${name}`,
    look: async () => {
      const id = await findPolicy(site, policy);
      if (id !== undefined) return { id, calls: [] };
      const record = recordOf(site, policy);
      const call = {
        what: `InferenceGateway.registerPolicy(${name}: ${policy.k} operators of set ${policy.set})`,
        from: site.deployer,
        to: site.need("gateway"),
        data: encodeFunctionData({ abi: inferenceGatewayAbi, functionName: "registerPolicy", args: [record] }),
        gas: 105_000,
      };
      return { calls: [call] };
    },
  };
}

/** The number of a planned policy on this chain, if it is registered. */
export async function findPolicy(site: Site, policy: PolicyPlan): Promise<number | undefined> {
  const address = site.find("gateway");
  if (address === undefined || site.state.ids[`set:${policy.set}`] === undefined) return undefined;
  const logs = await inRanges(site.chain, site.state.contracts.gateway?.block ?? 0, (range) =>
    site.chain.reader.getContractEvents({
      ...{ address, abi: inferenceGatewayAbi, eventName: "PolicyRegistered", strict: true },
      ...range,
    }),
  );
  const wanted = recordOf(site, policy);
  return logs.find(
    ({ args: { policy: it } }) =>
      isAddressEqual(it.verifier, wanted.verifier) &&
      it.setId === wanted.setId &&
      it.k === wanted.k &&
      it.minTtl === wanted.minTtl &&
      it.window === wanted.window &&
      it.verifyGas === wanted.verifyGas,
  )?.args.policyId;
}

function recordOf(site: Site, { set, k, minTtl, verifyGas }: PolicyPlan) {
  const verifier = site.need("attestedVerifier");
  return { verifier, setId: site.state.ids[`set:${set}`] ?? 0, k, minTtl, window: 0, verifyGas };
}
