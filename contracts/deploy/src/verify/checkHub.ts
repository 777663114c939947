import { parseAbi } from "viem";
import type { DeployPlan } from "../plan/deployPlan.js";
import type { Finding } from "../plan/finding.js";
import type { Site } from "../state/site.js";
import type { Sites } from "../steps/allSteps.js";
import { enrolledPublishers } from "../steps/hubSteps.js";
import { bytes32, enrolledGateways } from "../steps/laneSteps.js";

const announceAbi = parseAbi(["function getAnnouncedStorageLocations(address[] validators) view returns (string[][])"]);

/** Who may publish: all who are planned, and nobody else. */
export async function checkPublishers(hub: Site, plan: DeployPlan): Promise<Finding[]> {
  const enrolled = await enrolledPublishers(hub);
  const planned = plan.hub.publishers;
  const chain = hub.chain.name;
  const missing = planned.filter((it) => !enrolled.includes(it));
  const extra = enrolled.filter((it) => !planned.includes(it));
  return [
    ...missing.map((it): Finding => {
      const what = `publisher ${it} is not enrolled`;
      return { chain, severity: "serious", code: "PUBLISHER_MISSING", what, fix: "Run `herald deploy`." };
    }),
    ...extra.map((it): Finding => {
      const what = `${it} may publish, which is not planned`;
      const fix = "Let the guardian revoke it at once: revokePublisher(…) of the hub.";
      return { chain, severity: "critical", code: "PUBLISHER_UNEXPECTED", what, fix };
    }),
  ];
}

/** The hub's side of the lanes: each planned gateway, with the gas its messages may promise, and no other. */
export async function checkHubLanes({ hub, origins }: Sites, plan: DeployPlan): Promise<Finding[]> {
  const lanes = await enrolledGateways(hub);
  const sites = Object.values(origins);
  const findings: Finding[] = [];
  for (const { chain: origin, need } of sites) {
    const chain = origin.name;
    const lane = lanes.get(origin.domain);
    if (lane?.gateway !== bytes32(need("gateway"))) {
      const what = `the hub sends results of this chain to ${lane?.gateway ?? "nobody"}, not to its gateway`;
      findings.push({ chain, severity: "serious", code: "LANE_ONE_SIDED", what, fix: "Run `herald deploy`." });
    }
    const planned = plan.origins[chain]?.maxMessageGas;
    if (lane !== undefined && lane.maxGas !== planned) {
      const what = `the hub lets a message to this chain promise ${lane.maxGas} gas, not ${planned}`;
      findings.push({ chain, severity: "serious", code: "LANE_GAS_DIFFERENT", what, fix: "Run `herald deploy`." });
    }
  }
  for (const [domain, { gateway }] of lanes) {
    if (sites.some(({ chain }) => chain.domain === domain)) continue;
    const what = `the hub sends results to ${gateway} on domain ${domain}, which is not planned`;
    const chain = hub.chain.name;
    findings.push({ chain, severity: "serious", code: "GATEWAY_UNEXPECTED", what, fix: "Run `herald deploy`." });
  }
  return findings;
}

/** Every validator has said on the hub where its signatures are: without that nobody can fetch them. */
export async function checkAnnounced(hub: Site, plan: DeployPlan): Promise<Finding[]> {
  const validators = [...new Set(Object.values(plan.origins).flatMap(({ security }) => security.validators))];
  const locations = await hub.chain.reader.readContract({
    ...{ address: hub.need("validatorAnnounce"), abi: announceAbi },
    ...{ functionName: "getAnnouncedStorageLocations", args: [validators] },
  });
  return validators
    .filter((_, i) => (locations[i]?.length ?? 0) === 0)
    .map((it) => ({
      chain: hub.chain.name,
      severity: "pending",
      code: "VALIDATOR_NOT_ANNOUNCED",
      what: `validator ${it} has not announced where its signatures are`,
      fix: "Start it (`herald validator`); it announces itself.",
    }));
}
