import { workerSetsAbi } from "@herald/wire/abi/WorkerSets";
import { type Address, isAddressEqual } from "viem";
import { inRanges } from "../inRanges.js";
import type { WorkerPlan } from "../plan/deployPlan.js";
import type { Site } from "../state/site.js";

/** A key of a set: a member, or one that was removed and never comes back. */
export interface SetMember extends WorkerPlan {
  readonly removed: boolean;
}

/** Everyone who ever was in a set. */
export async function membersOf(site: Site, setId: number): Promise<SetMember[]> {
  const { address, reader, since } = place(site);
  const logs = await inRanges(site.chain, since, (range) =>
    reader.getContractEvents({
      ...{ address, abi: workerSetsAbi, eventName: "MemberAdded", args: { setId }, strict: true },
      ...range,
    }),
  );
  return Promise.all(
    logs.map(async ({ args: { key, operator } }) => {
      const read = { address, abi: workerSetsAbi, functionName: "memberOf", args: [setId, key] } as const;
      const { until } = await reader.readContract(read);
      return { key, operator, removed: until !== 0 };
    }),
  );
}

/** Sets with this admin and guardian. */
export async function setsOf(site: Site, admin: Address, guardian: Address): Promise<number[]> {
  const { address, reader, since } = place(site);
  const logs = await inRanges(site.chain, since, (range) =>
    reader.getContractEvents({
      ...{ address, abi: workerSetsAbi, eventName: "SetRegistered", args: { admin, guardian }, strict: true },
      ...range,
    }),
  );
  return logs.map(({ args }) => args.setId);
}

/** What the plan has and the set has not, and the other way round. */
export function compareSet(planned: readonly WorkerPlan[], members: readonly SetMember[]) {
  const same = (a: WorkerPlan, b: WorkerPlan) => isAddressEqual(a.key, b.key) && isAddressEqual(a.operator, b.operator);
  const known = (key: Address) => members.find((it) => isAddressEqual(it.key, key));
  return {
    /** Can be announced; they may vouch `ADDITION_DELAY` later. */
    missing: planned.filter(({ key }) => known(key) === undefined),
    /** Their keys were removed, or belong to another operator, and cannot be added. */
    lost: planned.filter((it) => {
      const member = known(it.key);
      return member !== undefined && (member.removed || !same(member, it));
    }),
    extra: members.filter((it) => !it.removed && !planned.some((one) => same(one, it))),
  };
}

function place(site: Site) {
  const since = site.state.contracts.workerSets?.block ?? 0;
  return { address: site.need("workerSets"), reader: site.chain.reader, since };
}
