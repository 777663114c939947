import { HeraldError } from "@herald/wire/errors";
import type { Address } from "viem";
import { checkChain, connect } from "../openChain.js";
import type { ChainPlan, DeployPlan } from "../plan/deployPlan.js";
import { createSite, type Site } from "../state/site.js";
import type { StateFile } from "../state/stateFile.js";
import type { Sites } from "../steps/allSteps.js";

export interface OpenOptions {
  /** Who deploys on a chain; the state's word if nothing is to be sent. */
  readonly deployer?: (chain: string) => Address;
  /** Nothing will be sent. */
  readonly planning: boolean;
}

/**
 * Connects to all chains of a plan, and makes sure that they are those chains.
 * @throws HeraldError DEPLOY_WRONG_CHAIN, DEPLOY_STATE_MISMATCH or DEPLOY_NOT_BEGUN
 */
export async function openSites(plan: DeployPlan, file: StateFile, options: OpenOptions): Promise<Sites> {
  const sites = connectSites(plan, file, options);
  const all: readonly Site[] = [sites.hub, ...Object.values(sites.origins)];
  await Promise.all(all.map(({ chain, plan: { rpc } }) => checkChain(chain, rpc)));
  return sites;
}

/**
 * All chains of a plan as the state knows them. No node has been asked anything yet.
 * @throws HeraldError DEPLOY_STATE_MISMATCH or DEPLOY_NOT_BEGUN
 */
export function connectSites(plan: DeployPlan, file: StateFile, options: OpenOptions): Sites {
  const { deployer = (name: string) => begun(file, name), planning } = options;
  const { name: hubName, publishers: _, workerRegistry: __, ...hubPlan } = plan.hub;
  const site = (name: string, it: ChainPlan): Site => {
    const { chainId, domain, rpc } = it;
    const state = file.chain(name, chainId, deployer(name));
    return createSite(connect({ name, chainId, domain, rpc }), it, state, planning);
  };
  return {
    hub: site(hubName, hubPlan),
    origins: Object.fromEntries(Object.entries(plan.origins).map(([name, it]) => [name, site(name, it)])),
  };
}

function begun(file: StateFile, name: string): Address {
  const known = file.chains[name];
  if (known !== undefined) return known.deployer;
  throw new HeraldError({
    code: "DEPLOY_NOT_BEGUN",
    message: "The state knows nothing of a chain of the plan.",
    facts: { chain: name },
    fix: "Name the state file of this deployment, or deploy first.",
    actor: "user",
    retry: "never",
  });
}
