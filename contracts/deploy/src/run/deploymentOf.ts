import type { Deployment, Hyperlane } from "../deployment.js";
import type { DeployPlan } from "../plan/deployPlan.js";
import type { Site } from "../state/site.js";
import type { Sites } from "../steps/allSteps.js";

/** Where everything is, as those who use a deployment need it. */
export function deploymentOf(plan: DeployPlan, { hub, origins }: Sites): Deployment {
  return {
    hub: {
      name: plan.hub.name,
      ...place(hub, "resultHub"),
      resultHub: hub.need("resultHub"),
      publishers: plan.hub.publishers,
      ...optional(hub, "workerRegistry"),
    },
    origins: Object.fromEntries(
      Object.entries(origins).map(([name, site]) => [
        name,
        {
          ...place(site, "gateway"),
          ism: site.need("ism"),
          validators: plan.origins[name]?.security.validators ?? [],
          threshold: plan.origins[name]?.security.threshold ?? 0,
          workerSets: site.need("workerSets"),
          attestedVerifier: site.need("attestedVerifier"),
          gateway: site.need("gateway"),
          ...optional(site, "infernetCoordinator"),
        },
      ]),
    ),
  };
}

function place(site: Site, first: string) {
  const hyperlane: Hyperlane = {
    mailbox: site.need("mailbox"),
    merkleTreeHook: site.need("merkleTreeHook"),
    multisigIsmFactory: site.need("multisigIsmFactory"),
    validatorAnnounce: site.need("validatorAnnounce"),
  };
  const { chainId, domain } = site.chain;
  return { chainId, domain, startBlock: site.state.contracts[first]?.block ?? 0, hyperlane };
}

function optional(site: Site, contract: "workerRegistry" | "infernetCoordinator") {
  const address = site.find(contract);
  return address === undefined ? {} : { [contract]: address };
}
