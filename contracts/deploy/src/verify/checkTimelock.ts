import { type Address, type Hex, isAddressEqual, keccak256, parseAbi, stringToHex, zeroHash } from "viem";
import { inRanges } from "../inRanges.js";
import type { TimelockPlan } from "../plan/deployPlan.js";
import type { Finding } from "../plan/finding.js";
import type { Site } from "../state/site.js";

const timelockAbi = parseAbi([
  "function getMinDelay() view returns (uint256)",
  "function hasRole(bytes32 role, address account) view returns (bool)",
  "event RoleGranted(bytes32 indexed role, address indexed account, address indexed sender)",
]);

/** The delay of the timelock we deployed, and who has its roles: all who are planned, and nobody else. */
export async function checkTimelock(site: Site): Promise<Finding[]> {
  const { timelock: plan } = site.plan;
  if (plan === undefined) return [];
  const { reader, name: chain } = site.chain;
  const address = site.need("timelock");
  const timelock = { address, abi: timelockAbi } as const;
  const findings: Finding[] = [];
  const fix =
    "Find out how it came to that; let a proposer schedule the change back, and cancel what else is scheduled.";
  const delay = await reader.readContract({ ...timelock, functionName: "getMinDelay" });
  if (delay !== BigInt(plan.delay)) {
    const what = `the timelock waits ${delay} seconds, not ${plan.delay}`;
    findings.push({ chain, severity: "critical", code: "TIMELOCK_DELAY_DIFFERENT", what, fix });
  }
  const logs = await inRanges(site.chain, site.state.contracts.timelock?.block ?? 0, (range) =>
    reader.getContractEvents({ ...timelock, eventName: "RoleGranted", strict: true, ...range }),
  );
  for (const { name, role, planned } of rolesOf(plan, address)) {
    const granted = logs.filter(({ args }) => args.role === role).map(({ args }) => args.account);
    const ever = [...new Set([...planned, ...granted])];
    const now = await Promise.all(
      ever.map((it) => reader.readContract({ ...timelock, functionName: "hasRole", args: [role, it] })),
    );
    for (const [i, account] of ever.entries()) {
      const isPlanned = planned.some((it) => isAddressEqual(it, account));
      if (isPlanned === now[i]) continue;
      findings.push(
        isPlanned
          ? { chain, severity: "serious", code: "TIMELOCK_ROLE_MISSING", what: `${account} is no ${name}`, fix }
          : {
              ...{ chain, severity: "critical", code: "TIMELOCK_ROLE_UNEXPECTED", fix },
              what: `${account} is ${name} of the timelock, which is not planned`,
            },
      );
    }
  }
  return findings;
}

interface Role {
  readonly name: string;
  readonly role: Hex;
  readonly planned: readonly Address[];
}

/** As OpenZeppelin's constructor gives them: who proposes may cancel, and only the timelock itself gives roles. */
function rolesOf({ proposers, executors }: TimelockPlan, itself: Address): readonly Role[] {
  const role = (name: string) => keccak256(stringToHex(name));
  return [
    { name: "admin", role: zeroHash, planned: [itself] },
    { name: "proposer", role: role("PROPOSER_ROLE"), planned: proposers },
    { name: "canceller", role: role("CANCELLER_ROLE"), planned: proposers },
    { name: "executor", role: role("EXECUTOR_ROLE"), planned: executors },
  ];
}
