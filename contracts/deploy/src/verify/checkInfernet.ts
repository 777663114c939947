import { infernetCoordinatorAbi } from "@herald/wire/abi/InfernetCoordinator";
import { heraldArtifact } from "../artifacts/heraldArtifact.js";
import { isCodeOf } from "../artifacts/runtimeCode.js";
import { inRanges } from "../inRanges.js";
import type { DeployPlan, OriginPlan } from "../plan/deployPlan.js";
import type { Finding } from "../plan/finding.js";
import type { Site } from "../state/site.js";
import { containerIdOf, isPlannedRoute } from "../steps/infernetSteps.js";

/** The coordinator's own contracts, and its routes: consumers believe whom these name. */
export async function checkInfernet(site: Site, plan: DeployPlan, origin: OriginPlan): Promise<Finding[]> {
  if (origin.infernet === undefined) return [];
  const { routes } = origin.infernet;
  const findings = await Promise.all([
    checkPart(site, "INBOX", "InfernetInbox"),
    checkPart(site, "WALLET_FACTORY", "InfernetWalletFactory"),
    ...routes.map((route) => checkRoute(site, plan, route)),
    checkOtherRoutes(site, plan, routes),
  ]);
  return findings.flat();
}

async function checkPart(site: Site, by: "INBOX" | "WALLET_FACTORY", contract: string): Promise<Finding[]> {
  const { reader, name: chain } = site.chain;
  const coordinator = { address: site.need("infernetCoordinator"), abi: infernetCoordinatorAbi } as const;
  const address = await reader.readContract({ ...coordinator, functionName: by });
  if (isCodeOf(await reader.getCode({ address }), heraldArtifact(contract).runtime)) return [];
  const what = `the code of the coordinator's ${contract} at ${address} is not what is compiled here`;
  const fix =
    "Compare the version deployed with the version checked out; if they are the same, deploy another coordinator.";
  return [{ chain, severity: "critical", code: "CODE_DIFFERENT", what, fix }];
}

type Routes = NonNullable<OriginPlan["infernet"]>["routes"];

async function checkRoute(site: Site, plan: DeployPlan, route: Routes[number]): Promise<Finding[]> {
  const found = await isPlannedRoute(site, plan, route);
  if (found === true) return [];
  const at = { chain: site.chain.name, severity: "serious" } as const;
  const name = `the route for ${route.containers} along policy ${route.policy}`;
  if (found === undefined) {
    const fix = "Run `herald deploy`, which says what the owner must send.";
    return [{ ...at, code: "ROUTE_MISSING", what: `${name} is not there`, fix }];
  }
  const fix = "Correct the plan, or deploy another coordinator: remove it from the state, and run `herald deploy`.";
  return [{ ...at, code: "ROUTE_DIFFERENT", what: `${name} is not as planned, and a route never changes`, fix }];
}

async function checkOtherRoutes(site: Site, plan: DeployPlan, routes: Routes): Promise<Finding[]> {
  const { reader, name: chain } = site.chain;
  const coordinator = { address: site.need("infernetCoordinator"), abi: infernetCoordinatorAbi } as const;
  const logs = await inRanges(site.chain, site.state.contracts.infernetCoordinator?.block ?? 0, (range) =>
    reader.getContractEvents({ ...coordinator, eventName: "RouteAdded", strict: true, ...range }),
  );
  const planned = new Set(routes.map((it) => `${plan.policies[it.policy]?.k}/${containerIdOf(it.containers)}`));
  return logs
    .filter(({ args }) => !planned.has(`${args.redundancy}/${args.containerId}`))
    .map(({ args }) => ({
      chain,
      severity: "serious",
      code: "ROUTE_UNEXPECTED",
      what: `there is a route for ${args.containers} with redundancy ${args.redundancy}, which is not planned`,
      fix: "Name it in the plan if it is wanted; if not, deploy another coordinator: a route cannot be taken back.",
    }));
}
