import type { DeployPlan, OriginPlan } from "../plan/deployPlan.js";
import type { Site } from "../state/site.js";
import { feeTokensStep } from "./feeTokensStep.js";
import { guardianStep } from "./guardianStep.js";
import { publishersStep, resultHubStep } from "./hubSteps.js";
import { hyperlaneSteps } from "./hyperlaneSteps.js";
import { routeStep } from "./infernetSteps.js";
import { gatewaysStep, hubsStep } from "./laneSteps.js";
import { originSteps, protocolFeeStep } from "./originSteps.js";
import { giveStep, handOverStep } from "./ownershipStep.js";
import { policyStep } from "./policyStep.js";
import { registrySettingsStep, registryStep } from "./registrySteps.js";
import type { Step } from "./step.js";
import { timelockSteps } from "./timelockStep.js";
import { workerSetStep } from "./workerSetStep.js";

/** All sites of a plan. */
export interface Sites {
  readonly hub: Site;
  /** By name, as in the plan. */
  readonly origins: Readonly<Record<string, Site>>;
}

/** Steps on one chain, one after the other. */
export interface SiteSteps {
  readonly site: Site;
  readonly steps: readonly Step[];
}

/** Everything a plan asks for, in three phases: contracts on all chains, then what they must know of each other, then their owners. */
export function allSteps(plan: DeployPlan, { hub, origins }: Sites): readonly (readonly SiteSteps[])[] {
  const all = Object.entries(plan.origins).flatMap(([name, it]) => {
    const site = origins[name];
    return site === undefined ? [] : [{ site, it }];
  });
  const { workerRegistry: registry, publishers } = plan.hub;
  const contracts = [
    {
      site: hub,
      steps: [
        ...timelockSteps(hub),
        ...hyperlaneSteps(hub, hubSecurity(plan)),
        resultHubStep(hub),
        ...(registry === undefined ? [] : [registryStep(hub, registry)]),
      ],
    },
    ...all.map(({ site, it }) => ({
      site,
      steps: [...timelockSteps(site), ...hyperlaneSteps(site, it.security), ...originSteps(site, it)],
    })),
  ];
  const lanes = all.map(({ site, it }) => ({ site, maxGas: it.maxMessageGas }));
  const sets = Object.entries(plan.workerSets).map(([name, workers]) => ({ name, workers, guardian: plan.guardian }));
  const settings = [
    {
      site: hub,
      steps: [
        publishersStep(hub, publishers),
        gatewaysStep(hub, lanes),
        guardianStep(hub, "resultHub", plan.guardian),
        ...(registry === undefined
          ? []
          : [registrySettingsStep(hub, registry), guardianStep(hub, "workerRegistry", plan.guardian)]),
      ],
    },
    ...all.map(({ site, it }) => ({
      site,
      steps: [
        ...sets.map((set) => workerSetStep(site, set)),
        ...Object.entries(plan.policies).map(([name, policy]) => policyStep(site, name, policy)),
        ...(it.infernet?.routes ?? []).map((route) => routeStep(site, plan, route)),
        protocolFeeStep(site, it),
        feeTokensStep(site, it.feeTokens),
        guardianStep(site, "gateway", plan.guardian),
        hubsStep(site, hub),
      ],
    })),
  ];
  const owners = [
    { site: hub, steps: ownerSteps(hub, hubContracts(plan)) },
    ...all.map(({ site, it }) => ({ site, steps: ownerSteps(site, originContracts(it)) })),
  ];
  return [contracts, settings, owners];
}

/**
 * Of messages to the hub, which has no use for any: a Mailbox must have a module. Its validators sign the hub's own messages only, so
 * nothing passes it.
 */
export function hubSecurity(plan: DeployPlan) {
  return Object.values(plan.origins)[0]?.security ?? { validators: [], threshold: 1 };
}

/** Our contracts on the hub that have an owner. */
export function hubContracts({ hub }: DeployPlan): string[] {
  return ["resultHub", ...(hub.workerRegistry === undefined ? [] : ["workerRegistry"])];
}

/** Our contracts on an origin that have an owner. */
export function originContracts({ infernet }: OriginPlan): string[] {
  return ["gateway", ...(infernet === undefined ? [] : ["infernetCoordinator"])];
}

function ownerSteps(site: Site, ours: readonly string[]): Step[] {
  const core = site.ownHyperlane ? ["mailbox", "merkleTreeHook", "validatorAnnounce", "requiredHook"] : [];
  return [...core.map((contract) => giveStep(site, contract)), ...ours.map((contract) => handOverStep(site, contract))];
}
