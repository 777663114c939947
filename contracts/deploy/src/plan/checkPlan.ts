import type { DeployPlan } from "./deployPlan.js";
import type { Finding } from "./finding.js";
import { type KeyHolders, plannedHolders, sharedKeys } from "./sharedKeys.js";

/** Whoever does not like what a timelock is about to do needs a day to see it and act. */
export const LEAST_DELAY = 86_400;

/**
 * What is unsafe in a plan itself. Nothing is deployed from a plan with a critical finding.
 * @param holders of keys, if more is known of them than what the plan says
 */
export function checkPlan(plan: DeployPlan, holders: KeyHolders = plannedHolders(plan)): Finding[] {
  const shared = sharedKeys(holders, plan.environment);
  return plan.environment === "local" ? shared : [...shared, ...singleSignatures(plan), ...shortDelays(plan)];
}

function singleSignatures(plan: DeployPlan): Finding[] {
  const lanes = Object.entries(plan.origins).filter(([, { security }]) => security.threshold < 2);
  const policies = Object.entries(plan.policies).filter(([, { k }]) => k < 2);
  return [
    ...lanes.map(
      ([name, { security }]): Finding => ({
        severity: "critical",
        code: "LANE_SINGLE_SIGNATURE",
        chain: name,
        what: `the plan lets 1 of ${security.validators.length} validators vouch for a message alone`,
        fix: "Ask for the signatures of at least two validators of different operators.",
      }),
    ),
    ...policies.map(
      ([name]): Finding => ({
        severity: "critical",
        code: "POLICY_SINGLE_SIGNATURE",
        chain: "plan",
        what: `policy ${name} takes the word of one operator`,
        fix: "Set k to 2 or more.",
      }),
    ),
  ];
}

function shortDelays(plan: DeployPlan): Finding[] {
  const chains = Object.entries({ [plan.hub.name]: plan.hub, ...plan.origins });
  return chains.flatMap(([chain, { timelock }]): Finding[] => {
    if (timelock === undefined || timelock.delay >= LEAST_DELAY) return [];
    const what = `its timelock would wait ${timelock.delay} seconds only`;
    const fix = `Set its delay to a day (${LEAST_DELAY}) or more.`;
    return [{ severity: "critical", code: "TIMELOCK_SHORT", chain, what, fix }];
  });
}
