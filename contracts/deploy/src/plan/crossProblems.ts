import { z } from "zod";

const chain = z.looseObject({
  chainId: z.number(),
  domain: z.number(),
  owner: z.unknown().optional(),
  timelock: z.unknown().optional(),
});
const routes = z.array(z.looseObject({ containers: z.string(), policy: z.string() }));

/** The fields that must fit each other; a plan in which these can be read is checked whatever else is wrong with it. */
export const crossShape = z.looseObject({
  hub: chain.extend({ name: z.string() }),
  origins: z.record(z.string(), chain.extend({ infernet: z.looseObject({ routes }).optional() })),
  workerSets: z.record(z.string(), z.array(z.looseObject({ operator: z.string() }))),
  policies: z.record(z.string(), z.looseObject({ set: z.string(), k: z.number() })),
});

interface Problem {
  readonly path: string[];
  readonly message: string;
}

/** What in a plan does not fit together. */
export function crossProblems(plan: z.infer<typeof crossShape>): Problem[] {
  const problems: Problem[] = [];
  const seen = new Map([
    [`chainId ${plan.hub.chainId}`, "hub"],
    [`domain ${plan.hub.domain}`, "hub"],
  ]);
  problems.push(...ownerProblems(plan.hub, ["hub"]));
  for (const [name, origin] of Object.entries(plan.origins)) {
    problems.push(...ownerProblems(origin, ["origins", name]));
    problems.push(...routeProblems(plan, name));
    if (name === plan.hub.name) {
      problems.push({ path: ["origins", name], message: "expected a name other than the hub's" });
    }
    for (const field of ["chainId", "domain"] as const) {
      const id = `${field} ${origin[field]}`;
      const other = seen.get(id);
      if (other !== undefined) {
        problems.push({ path: ["origins", name, field], message: `expected another than that of ${other}` });
      }
      seen.set(id, name);
    }
  }
  for (const [name, { set, k }] of Object.entries(plan.policies)) {
    const workers = plan.workerSets[set];
    if (workers === undefined) {
      problems.push({ path: ["policies", name, "set"], message: "expected the name of a set in workerSets" });
      continue;
    }
    const operators = new Set(workers.map(({ operator }) => operator.toLowerCase())).size;
    if (k > operators) {
      problems.push({ path: ["policies", name, "k"], message: `expected at most ${operators}, the set's operators` });
    }
  }
  return problems;
}

function ownerProblems({ owner, timelock }: z.infer<typeof chain>, path: readonly string[]): Problem[] {
  if ((owner === undefined) !== (timelock === undefined)) return [];
  const message = "expected the address of an owner, or a timelock to be deployed as one, and not both";
  return [{ path: [...path, "owner"], message }];
}

/** Whom a route believes is decided by its policy, and consumers find it by containers and the policy's `k`. */
function routeProblems({ origins, policies }: z.infer<typeof crossShape>, name: string): Problem[] {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  for (const [i, { containers, policy }] of (origins[name]?.infernet?.routes ?? []).entries()) {
    const path = ["origins", name, "infernet", "routes", `${i}`];
    const k = policies[policy]?.k;
    if (k === undefined) {
      problems.push({ path: [...path, "policy"], message: "expected the name of a policy in policies" });
      continue;
    }
    if (seen.has(`${k}/${containers}`)) {
      problems.push({ path: [...path, "containers"], message: `expected one route for these containers and k = ${k}` });
    }
    seen.add(`${k}/${containers}`);
  }
  return problems;
}
