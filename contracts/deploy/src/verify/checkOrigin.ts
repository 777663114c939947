import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { workerSetsAbi } from "@herald/wire/abi/WorkerSets";
import { domainSeparator, isAddressEqual } from "viem";
import type { DeployPlan, OriginPlan } from "../plan/deployPlan.js";
import type { Finding } from "../plan/finding.js";
import type { Site } from "../state/site.js";
import { acceptedTokens, compareTokens } from "../steps/feeTokensStep.js";
import { bytes32, type EnrolledHub, enrolledHubs } from "../steps/laneSteps.js";
import { findPolicy } from "../steps/policyStep.js";
import { findSet } from "../steps/workerSetStep.js";
import { compareSet, membersOf } from "../steps/workerSets.js";

/** The origin's side of its lane: its gateway listens to the hub, and to nobody else. */
export async function checkOriginLane(site: Site, hub: Site): Promise<Finding[]> {
  const chain = site.chain.name;
  const wanted = { domain: Number(hub.chain.domain), hub: bytes32(hub.need("resultHub")) };
  const isWanted = (it: EnrolledHub) => it.domain === wanted.domain && it.hub === wanted.hub;
  const heard = await enrolledHubs(site);
  const findings: Finding[] = [];
  if (!heard.some(isWanted)) {
    const what = "the gateway does not listen to the hub";
    findings.push({ chain, severity: "serious", code: "LANE_ONE_SIDED", what, fix: "Run `herald deploy`." });
  }
  for (const it of heard) {
    if (isWanted(it)) continue;
    const what = `the gateway listens to ${it.hub} on domain ${it.domain}, which is not planned`;
    const fix = "Revoke it at once: `herald deploy`, or the owner's setHub(…, false).";
    findings.push({ chain, severity: "critical", code: "HUB_UNEXPECTED", what, fix });
  }
  return findings;
}

/** What a gateway asks of new requests, whether it takes any, and the domain its requests are signed for. */
export async function checkGateway(site: Site, plan: OriginPlan): Promise<Finding[]> {
  const { reader, name: chain, chainId } = site.chain;
  const address = site.need("gateway");
  const gateway = { address, abi: inferenceGatewayAbi } as const;
  const [fee, recipient, separator, isPaused, isSunset] = await Promise.all([
    reader.readContract({ ...gateway, functionName: "protocolFee" }),
    reader.readContract({ ...gateway, functionName: "protocolFeeRecipient" }),
    reader.readContract({ ...gateway, functionName: "domainSeparator" }),
    reader.readContract({ ...gateway, functionName: "isPaused" }),
    reader.readContract({ ...gateway, functionName: "isSunset" }),
  ]);
  const findings: Finding[] = [];
  const fix = "Run `herald deploy`, which says what the owner must send.";
  if (fee !== BigInt(plan.protocolFee)) {
    const what = `the protocol fee is ${fee} wei, not ${plan.protocolFee}`;
    findings.push({ chain, severity: "serious", code: "FEE_DIFFERENT", what, fix });
  }
  if (!isAddressEqual(recipient, plan.feeRecipient)) {
    const what = `protocol fees go to ${recipient}, not to ${plan.feeRecipient}`;
    findings.push({ chain, severity: "critical", code: "FEE_DIFFERENT", what, fix });
  }
  if (isPaused) {
    const what = "the gateway is paused";
    const unpause = "Once its reason is gone, let the owner call unpause().";
    findings.push({ chain, severity: "serious", code: "GATEWAY_PAUSED", what, fix: unpause });
  }
  if (isSunset) {
    const what = "the gateway takes no requests any more, for good";
    const successor = "Deploy its successor: the same plan with a new state file.";
    findings.push({ chain, severity: "serious", code: "GATEWAY_SUNSET", what, fix: successor });
  }
  const domain = { name: "Herald", version: "1", chainId, verifyingContract: address };
  if (separator !== domainSeparator({ domain })) {
    const what = "the gateway's EIP-712 domain is not Herald's on this chain: no signed answer will be valid";
    const again = "Deploy the gateway again from the code checked out here.";
    findings.push({ chain, severity: "critical", code: "DOMAIN_SEPARATOR_WRONG", what, fix: again });
  }
  return findings;
}

/** The tokens fees may be paid in: the planned ones, each with its fee and with code, and no other. */
export async function checkFeeTokens(site: Site, planned: OriginPlan["feeTokens"]): Promise<Finding[]> {
  const { reader, name: chain } = site.chain;
  const { missing, extra } = compareTokens(planned, await acceptedTokens(site));
  const codes = await Promise.all(planned.map(({ token }) => reader.getCode({ address: token })));
  const fix = "Run `herald deploy`, which says what the owner must send.";
  return [
    ...missing.map(({ token, fee }): Finding => {
      const what = `the gateway does not take fees in ${token} with a protocol fee of ${fee}`;
      return { chain, severity: "serious", code: "FEE_TOKEN_DIFFERENT", what, fix };
    }),
    ...extra.map(({ token }): Finding => {
      const what = `the gateway takes fees in ${token}, which is not planned`;
      return { chain, severity: "serious", code: "FEE_TOKEN_UNEXPECTED", what, fix };
    }),
    ...planned.flatMap(({ token }, i): Finding[] => {
      if (codes[i] !== undefined) return [];
      const what = `there is no token at ${token}`;
      const other = "Correct the token's address in the plan.";
      return [{ chain, severity: "serious", code: "FEE_TOKEN_NO_CODE", what, fix: other }];
    }),
  ];
}

/** Each planned set is there, with its roles and exactly its members. */
export async function checkWorkerSets(site: Site, plan: DeployPlan): Promise<Finding[]> {
  const chain = site.chain.name;
  const findings: Finding[] = [];
  for (const [name, workers] of Object.entries(plan.workerSets)) {
    const id = await findSet(site, { name, workers, guardian: plan.guardian });
    if (id === undefined) {
      const roles = await rolesOf(site, name);
      const what =
        roles === undefined
          ? `worker set ${name} is not registered`
          : `worker set ${name} has admin ${roles[0]} and guardian ${roles[1]}, which are not planned`;
      const fix = "Run `herald deploy`; a set's roles cannot be changed, so it registers another.";
      findings.push({ chain, severity: "serious", code: "SET_MISSING", what, fix });
      continue;
    }
    const { missing, lost, extra } = compareSet(workers, await membersOf(site, id));
    const gone = [...missing, ...lost].map(({ key }) => key);
    if (gone.length > 0) {
      const what = `worker set ${name} (${id}) is without ${gone.join(", ")}`;
      const fix = "Let its admin add them; a key that was removed needs to be replaced by another.";
      findings.push({ chain, severity: "serious", code: "WORKER_MISSING", what, fix });
    }
    if (extra.length > 0) {
      const what = `in worker set ${name} (${id}) ${extra.map(({ key }) => key).join(", ")} may vouch, which is not planned`;
      const fix = "Let the guardian or the admin remove them at once.";
      findings.push({ chain, severity: "critical", code: "WORKER_UNEXPECTED", what, fix });
    }
  }
  return findings;
}

async function rolesOf(site: Site, name: string) {
  const setId = site.state.ids[`set:${name}`];
  if (setId === undefined) return undefined;
  const sets = { address: site.need("workerSets"), abi: workerSetsAbi } as const;
  return site.chain.reader.readContract({ ...sets, functionName: "rolesOf", args: [setId] });
}

/** Each planned policy is registered exactly so. */
export async function checkPolicies(site: Site, plan: DeployPlan): Promise<Finding[]> {
  const findings = await Promise.all(
    Object.entries(plan.policies).map(async ([name, policy]): Promise<Finding[]> => {
      if ((await findPolicy(site, policy)) !== undefined) return [];
      const what = `policy ${name} is not registered as planned`;
      const fix = "Run `herald deploy`; it registers another, which requests must then name.";
      return [{ chain: site.chain.name, severity: "serious", code: "POLICY_MISSING", what, fix }];
    }),
  );
  return findings.flat();
}
