import { infernetCoordinatorAbi } from "@herald/wire/abi/InfernetCoordinator";
import { encodeAbiParameters, encodeFunctionData, type Hex, keccak256 } from "viem";
import { heraldArtifact } from "../artifacts/heraldArtifact.js";
import type { DeployPlan, RoutePlan } from "../plan/deployPlan.js";
import type { Site } from "../state/site.js";
import { createStep } from "./createStep.js";
import { ownerOf } from "./ownerOf.js";
import type { Step } from "./step.js";

const shapes = { bytes: 0, text: 1 } as const;

/** Creates the coordinator for consumers of Infernet, which brings its Inbox and wallet factory; the deployer's until it is handed over. */
export function infernetStep(site: Site): Step {
  return createStep(site, {
    key: "infernetCoordinator",
    contract: "InfernetCoordinator",
    bytecode: heraldArtifact("InfernetCoordinator").creation,
    args: [
      { type: "address", value: () => site.need("gateway"), text: "gateway" },
      { type: "address", value: () => site.deployer, text: "deployer" },
    ],
  });
}

/** Adds a route. A route never changes: one that is there but not as planned is for `verify` to find, no transaction can mend it. */
export function routeStep(site: Site, plan: DeployPlan, route: RoutePlan): Step {
  const { containers, policy } = route;
  const k = plan.policies[policy]?.k ?? 0;
  return {
    key: `route:${containers}/${k}`,
    look: async () => {
      if ((await readRoute(site, containers, k)) !== undefined) return { calls: [] };
      const args = [containers, recordOf(site, route)] as const;
      const call = {
        what: `InfernetCoordinator.addRoute(${containers}: ${k} operators of policy ${policy})`,
        from: await ownerOf(site, "infernetCoordinator"),
        to: site.need("infernetCoordinator"),
        data: encodeFunctionData({ abi: infernetCoordinatorAbi, functionName: "addRoute", args }),
        gas: 110_000,
      };
      return { calls: [call] };
    },
  };
}

/** Whether a route that is there is the planned one; `undefined` if there is none. */
export async function isPlannedRoute(site: Site, plan: DeployPlan, route: RoutePlan): Promise<boolean | undefined> {
  const found = await readRoute(site, route.containers, plan.policies[route.policy]?.k ?? 0);
  if (found === undefined) return undefined;
  const wanted = recordOf(site, route);
  return (
    found.modelId === wanted.modelId &&
    found.policyId === wanted.policyId &&
    found.relayBps === wanted.relayBps &&
    found.shape === wanted.shape &&
    found.callbackGas === wanted.callbackGas &&
    found.ttl === wanted.ttl &&
    found.minimum === wanted.minimum
  );
}

/** Infernet's rule: the hash of the string's ABI encoding, not of its bytes. */
export function containerIdOf(containers: string): Hex {
  return keccak256(encodeAbiParameters([{ type: "string" }], [containers]));
}

async function readRoute(site: Site, containers: string, k: number) {
  const address = site.find("infernetCoordinator");
  if (address === undefined) return undefined;
  const route = await site.chain.reader.readContract({
    ...{ address, abi: infernetCoordinatorAbi, functionName: "routeOf" },
    args: [containerIdOf(containers), k],
  });
  return route.policyId === 0 ? undefined : route;
}

function recordOf(site: Site, { modelId, policy, relayBps, shape, callbackGas, ttl, minimum }: RoutePlan) {
  const policyId = site.state.ids[`policy:${policy}`] ?? 0;
  // CAST: the plan's schema lets 0x and 64 hex digits pass only.
  const model = modelId as Hex;
  return { modelId: model, policyId, relayBps, shape: shapes[shape], callbackGas, ttl, minimum: BigInt(minimum) };
}
