import { isAddressEqual, parseAbi, zeroAddress } from "viem";
import { LEAST_DELAY } from "../plan/checkPlan.js";
import type { DeployPlan } from "../plan/deployPlan.js";
import type { Finding } from "../plan/finding.js";
import type { Site } from "../state/site.js";
import { ownableAbi, ownerOf } from "../steps/ownerOf.js";

const delayAbi = parseAbi(["function getMinDelay() view returns (uint256)"]);

/**
 * A production owner is a contract: a timelock, where what is coming can be seen, and never one key. The one a plan asks for is looked at by
 * `checkTimelock`; this is about one that was there before.
 */
export async function checkOwnerCode(site: Site, environment: DeployPlan["environment"]): Promise<Finding[]> {
  const { owner } = site.plan;
  if (environment === "local" || owner === undefined) return [];
  const { reader, name: chain } = site.chain;
  if ((await reader.getCode({ address: owner })) === undefined) {
    const what = `the planned owner ${owner} is not a contract`;
    const fix = "Ask for a timelock in the plan, or name one on this chain as owner.";
    return [{ chain, severity: "critical", code: "OWNER_NOT_CONTRACT", what, fix }];
  }
  const read = { address: owner, abi: delayAbi, functionName: "getMinDelay" } as const;
  const delay = await reader.readContract(read).catch(() => undefined);
  if (delay === undefined) {
    const what = `the owner ${owner} is a contract, but no TimelockController of OpenZeppelin's: nothing says that it waits`;
    const fix = "Read its code, and make sure that what it does is seen before it happens.";
    return [{ chain, severity: "note", code: "OWNER_UNKNOWN", what, fix }];
  }
  if (delay >= LEAST_DELAY) return [];
  const what = `the owner ${owner} is a timelock that waits ${delay} seconds only`;
  const fix = `Let it set its delay to a day (${LEAST_DELAY}) or more.`;
  return [{ chain, severity: "critical", code: "TIMELOCK_SHORT", what, fix }];
}

/** Who owns what. In production a deployer keeps nothing, not even until the owner accepts. */
export async function checkOwners(site: Site, ours: readonly string[]): Promise<Finding[]> {
  const core = site.ownHyperlane ? ["mailbox", "merkleTreeHook", "validatorAnnounce", "requiredHook"] : [];
  const findings = await Promise.all([
    ...[...core, ...ours].map((contract) => checkOwner(site, contract)),
    ...ours.map((contract) => checkPending(site, contract)),
  ]);
  return findings.flat();
}

async function checkOwner(site: Site, contract: string): Promise<Finding[]> {
  const [owner, wanted] = [await ownerOf(site, contract), site.owner];
  if (isAddressEqual(owner, wanted)) return [];
  const deployer = isAddressEqual(owner, site.deployer);
  return [
    {
      chain: site.chain.name,
      severity: "critical",
      code: deployer ? "OWNER_IS_DEPLOYER" : "OWNER_DIFFERENT",
      what: `${contract} is owned by ${deployer ? "the deployer" : owner}, not by ${wanted}`,
      fix: deployer
        ? "Run `herald deploy`, and let the owner accept."
        : "Let that owner hand it over; find out how it came to it.",
    },
  ];
}

async function checkPending(site: Site, contract: string): Promise<Finding[]> {
  const address = site.need(contract);
  const pending = await site.chain.reader.readContract({ address, abi: ownableAbi, functionName: "pendingOwner" });
  if (pending === zeroAddress) return [];
  const chain = site.chain.name;
  if (isAddressEqual(pending, site.owner)) {
    const what = `${contract} waits for ${pending} to accept it`;
    const fix = `Send acceptOwnership() (0x79ba5097) to ${address} from ${pending}.`;
    return [{ chain, severity: "pending", code: "OWNER_NOT_ACCEPTED", what, fix }];
  }
  const what = `${contract} is being handed to ${pending}, which is not planned`;
  const fix = "Let its owner call transferOwnership with the planned owner, which takes that back.";
  return [{ chain, severity: "critical", code: "OWNER_DIFFERENT", what, fix }];
}
