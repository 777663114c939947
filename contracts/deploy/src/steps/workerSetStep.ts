import { workerSetsAbi } from "@herald/wire/abi/WorkerSets";
import { type Address, encodeFunctionData } from "viem";
import type { WorkerPlan } from "../plan/deployPlan.js";
import type { Site } from "../state/site.js";
import { short } from "./shortText.js";
import type { Call, Step } from "./step.js";
import { compareSet, membersOf, setsOf } from "./workerSets.js";

/** A planned set of workers. */
export interface PlannedSet {
  readonly name: string;
  readonly workers: readonly WorkerPlan[];
  readonly guardian: Address;
}

/** Registers a worker set, at once with its last admin; a set that is known is changed, which its admin has to do. */
export function workerSetStep(site: Site, planned: PlannedSet): Step {
  const { name, workers, guardian } = planned;
  const key = `set:${name}`;
  return {
    key,
    look: async () => {
      const id = site.find("workerSets") === undefined ? undefined : await findSet(site, planned);
      if (id !== undefined) return { id, calls: await changes(site, id, planned) };
      const call = {
        what: `WorkerSets.registerSet(${name}: ${workers.length} workers, guardian ${short(guardian)})`,
        from: site.deployer,
        to: site.need("workerSets"),
        data: encodeFunctionData({
          abi: workerSetsAbi,
          functionName: "registerSet",
          args: [site.owner, guardian, workers],
        }),
        gas: 95_000 + 52_000 * workers.length,
      };
      return { calls: [call] };
    },
  };
}

/** The number of a planned set: the one it was given before, or that of a set which is exactly so. */
export async function findSet(site: Site, { name, workers, guardian }: PlannedSet): Promise<number | undefined> {
  const ours = await setsOf(site, site.owner, guardian);
  const before = site.state.ids[`set:${name}`];
  if (before !== undefined && ours.includes(before)) return before;
  for (const id of ours) {
    const { missing, lost, extra } = compareSet(workers, await membersOf(site, id));
    if (missing.length + lost.length + extra.length === 0) return id;
  }
  return undefined;
}

async function changes(site: Site, setId: number, { workers }: PlannedSet): Promise<Call[]> {
  const abi = workerSetsAbi;
  const { missing, extra } = compareSet(workers, await membersOf(site, setId));
  const by = { from: site.owner, to: site.need("workerSets") };
  const add = missing.map(({ key, operator }) => ({
    ...by,
    what: `WorkerSets.addMember(set ${setId}, ${short(key)} of ${short(operator)})`,
    data: encodeFunctionData({ abi, functionName: "addMember", args: [setId, key, operator] }),
    gas: 80_000,
  }));
  const remove = extra.map(({ key }) => ({
    ...by,
    what: `WorkerSets.removeMember(set ${setId}, ${short(key)})`,
    data: encodeFunctionData({ abi, functionName: "removeMember", args: [setId, key] }),
    gas: 40_000,
  }));
  return [...add, ...remove];
}
