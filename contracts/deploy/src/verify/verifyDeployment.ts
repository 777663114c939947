import { errorCode } from "@herald/wire/errors";
import { checkPlan } from "../plan/checkPlan.js";
import type { DeployPlan, OriginPlan } from "../plan/deployPlan.js";
import type { Finding } from "../plan/finding.js";
import { connectSites } from "../run/openSites.js";
import type { Site } from "../state/site.js";
import type { StateFile } from "../state/stateFile.js";
import { hubContracts, hubSecurity, originContracts, type Sites } from "../steps/allSteps.js";
import type { LaneSecurity } from "../steps/multisigIsmStep.js";
import {
  checkCode,
  checkIsmImplementation,
  checkLinks,
  type ExpectedCode,
  hubCode,
  hyperlaneCode,
  originCode,
  timelockCode,
} from "./checkCode.js";
import { checkExisting } from "./checkExisting.js";
import { checkGuardian } from "./checkGuardian.js";
import { checkAnnounced, checkHubLanes, checkPublishers } from "./checkHub.js";
import { checkInfernet } from "./checkInfernet.js";
import { checkMailbox } from "./checkMailbox.js";
import { checkFeeTokens, checkGateway, checkOriginLane, checkPolicies, checkWorkerSets } from "./checkOrigin.js";
import { checkOwnerCode, checkOwners } from "./checkOwners.js";
import { checkReached } from "./checkReached.js";
import { checkRegistry } from "./checkRegistry.js";
import { checkSecurity } from "./checkSecurity.js";
import { checkTimelock } from "./checkTimelock.js";
import { liveHolders } from "./liveHolders.js";

/**
 * Compares the live chains with the plan and gives everything that is not as it should be; nothing is sent. A chain whose node is of another
 * chain, or does not answer, is a finding like others, and the other chains are checked without it.
 * @throws HeraldError DEPLOY_STATE_MISMATCH or DEPLOY_NOT_BEGUN
 */
export async function verifyDeployment(plan: DeployPlan, state: StateFile): Promise<Finding[]> {
  const sites = connectSites(plan, state, { planning: true });
  const all = [sites.hub, ...Object.values(sites.origins)];
  const unreached = new Map(await Promise.all(all.map(async (site) => [site, await checkReached(site)] as const)));
  const isReached = (site: Site) => unreached.get(site)?.length === 0;
  const hub = [sites.hub].filter(isReached);
  const origins = Object.values(sites.origins).filter(isReached);
  const findings = await Promise.all([
    [...unreached.values()].flat(),
    liveHolders(plan, hub, origins).then((holders) => checkPlan(plan, holders)),
    ...hub.map(() => checkHub(sites, plan)),
    ...origins.map((site) => {
      const origin = plan.origins[site.chain.name];
      return origin === undefined ? [] : checkOrigin(site, sites.hub, plan, origin);
    }),
  ]);
  return findings.flat();
}

async function checkHub(sites: Sites, plan: DeployPlan): Promise<Finding[]> {
  const { hub } = sites;
  const { workerRegistry: registry } = plan.hub;
  const onMailbox = [{ contract: "resultHub", by: "mailbox", to: "mailbox" } as const];
  const findings = await Promise.all([
    checkBase(hub, plan, { security: hubSecurity(plan), owned: hubContracts(plan), code: hubCode(plan) }),
    guard(hub, "what its hub is built onto", () => checkLinks(hub, onMailbox)),
    guard(hub, "its publishers", () => checkPublishers(hub, plan)),
    guard(hub, "the lanes", () => checkHubLanes(sites, plan)),
    guard(hub, "its validators", () => checkAnnounced(hub, plan)),
    registry === undefined ? [] : guard(hub, "its worker registry", () => checkRegistry(hub, registry)),
  ]);
  return findings.flat();
}

async function checkOrigin(site: Site, hub: Site, plan: DeployPlan, origin: OriginPlan): Promise<Finding[]> {
  const onGateway = [
    ...origin.dapps.map((it) => `dapp:${it}`),
    ...(origin.infernet === undefined ? [] : ["infernetCoordinator"]),
  ];
  const findings = await Promise.all([
    checkBase(site, plan, { security: origin.security, owned: originContracts(origin), code: originCode(origin) }),
    guard(site, "what its gateway is built onto", () =>
      checkLinks(site, [{ contract: "gateway", by: "mailbox", to: "mailbox" }]),
    ),
    guard(site, "its verifier", () =>
      checkLinks(site, [{ contract: "attestedVerifier", by: "sets", to: "workerSets" }]),
    ),
    guard(site, "what is built onto its gateway", () =>
      checkLinks(
        site,
        onGateway.map((contract) => ({ contract, by: "gateway", to: "gateway" })),
      ),
    ),
    guard(site, "its security module", () => checkSecurity(site, origin.security, plan.environment)),
    guard(site, "its gateway", () => checkGateway(site, origin)),
    guard(site, "its fee tokens", () => checkFeeTokens(site, origin.feeTokens)),
    guard(site, "its lane", () => checkOriginLane(site, hub)),
    guard(site, "its worker sets", () => checkWorkerSets(site, plan)),
    guard(site, "its policies", () => checkPolicies(site, plan)),
    guard(site, "its coordinator for Infernet", () => checkInfernet(site, plan, origin)),
  ]);
  return findings.flat();
}

interface Base {
  readonly security: LaneSecurity;
  /** Our contracts that have an owner. */
  readonly owned: readonly string[];
  readonly code: ExpectedCode;
}

/** What is asked of every chain. */
async function checkBase(site: Site, plan: DeployPlan, { security, owned, code }: Base): Promise<Finding[]> {
  const onMailbox = ["merkleTreeHook", "validatorAnnounce"];
  const findings = await Promise.all([
    guard(site, "its code", () => checkCode(site, { ...hyperlaneCode(site), ...timelockCode(site), ...code })),
    guard(site, "its module factory", () => checkIsmImplementation(site)),
    guard(site, "what Hyperlane's contracts are built onto", () =>
      checkLinks(
        site,
        onMailbox.map((contract) => ({ contract, by: "mailbox", to: "mailbox" })),
      ),
    ),
    guard(site, "Hyperlane's contracts", () => checkExisting(site, security)),
    guard(site, "its Mailbox", () => checkMailbox(site)),
    guard(site, "its owner", () => checkOwnerCode(site, plan.environment)),
    guard(site, "its timelock", () => checkTimelock(site)),
    guard(site, "its owners", () => checkOwners(site, owned)),
    guard(site, "its guardian", () => checkGuardian(site, owned, plan.guardian)),
  ]);
  return findings.flat();
}

/** A check that cannot be made is a finding, and no reason to leave out the others. */
async function guard(site: Site, what: string, check: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check();
  } catch (error) {
    const why = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    return [
      {
        chain: site.chain.name,
        severity: "serious",
        code: errorCode(error) ?? "CHECK_FAILED",
        what: `${what} cannot be checked: ${why}`,
        fix: "Mend what the other findings name, or the node, and verify again.",
      },
    ];
  }
}
