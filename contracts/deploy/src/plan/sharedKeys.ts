import type { Address } from "viem";
import type { DeployPlan } from "./deployPlan.js";
import type { Finding } from "./finding.js";

/** Who holds the three roles that have to agree on a result. */
export interface KeyHolders {
  readonly validators: readonly Address[];
  readonly workers: readonly Address[];
  readonly publishers: readonly Address[];
}

/** The keys a plan names. */
export function plannedHolders(plan: DeployPlan): KeyHolders {
  return {
    validators: Object.values(plan.origins).flatMap(({ security }) => security.validators),
    workers: Object.values(plan.workerSets).flatMap((set) => set.map(({ key }) => key)),
    publishers: plan.hub.publishers,
  };
}

/** One stolen key must not speak for two of the three. A local world may share two roles, never all three. */
export function sharedKeys(holders: KeyHolders, environment: DeployPlan["environment"]): Finding[] {
  const roles = new Map<Address, Set<string>>();
  const hold = (keys: readonly Address[], role: string) => {
    for (const key of keys) roles.set(key, (roles.get(key) ?? new Set()).add(role));
  };
  hold(holders.validators, "validator");
  hold(holders.workers, "worker");
  hold(holders.publishers, "publisher");
  const most = environment === "production" ? 1 : 2;
  return [...roles]
    .filter(([, held]) => held.size > most)
    .map(([key, held]) => ({
      severity: "critical",
      code: "KEY_SHARED",
      chain: "plan",
      what: `${key} is ${[...held].join(" and ")}`,
      fix: "Give each role a key of its own.",
    }));
}
