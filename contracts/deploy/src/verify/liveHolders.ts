import type { DeployPlan } from "../plan/deployPlan.js";
import { type KeyHolders, plannedHolders } from "../plan/sharedKeys.js";
import type { Site } from "../state/site.js";
import { enrolledPublishers } from "../steps/hubSteps.js";
import { membersOf } from "../steps/workerSets.js";
import { securityOf } from "./checkSecurity.js";

/** Who holds the keys that have to agree, by the plan or by the chains. What cannot be read is for the other checks to say. */
export async function liveHolders(
  plan: DeployPlan,
  hub: readonly Site[],
  origins: readonly Site[],
): Promise<KeyHolders> {
  const planned = plannedHolders(plan);
  const orNone = async <T>(read: Promise<readonly T[]>): Promise<readonly T[]> => read.catch(() => []);
  const [publishers, validators, workers] = await Promise.all([
    Promise.all(hub.map((site) => orNone(enrolledPublishers(site)))),
    Promise.all(origins.map((site) => orNone(securityOf(site).then((it) => it?.validators ?? [])))),
    Promise.all(origins.map((site) => orNone(workersOf(site)))),
  ]);
  return {
    publishers: [...planned.publishers, ...publishers.flat()],
    validators: [...planned.validators, ...validators.flat()],
    workers: [...planned.workers, ...workers.flat()],
  };
}

/** Keys that may vouch in a set of this deployment. */
async function workersOf(site: Site) {
  const sets = Object.entries(site.state.ids).filter(([key]) => key.startsWith("set:"));
  const members = await Promise.all(sets.map(([, id]) => membersOf(site, id)));
  return members.flat().flatMap(({ key, removed }) => (removed ? [] : [key]));
}
