import { isAddressEqual, parseAbi, zeroAddress } from "viem";
import type { Finding } from "../plan/finding.js";
import type { Site } from "../state/site.js";
import { mailboxAbi } from "../steps/mailboxStep.js";

const feeAbi = parseAbi(["function MAX_PROTOCOL_FEE() view returns (uint256)"]);

/** Domain, default module and hooks of a Mailbox. */
export async function checkMailbox(site: Site): Promise<Finding[]> {
  const { chain, plan } = site;
  const mailbox = { address: site.need("mailbox"), abi: mailboxAbi } as const;
  const [domain, ism, defaultHook, requiredHook] = await Promise.all([
    chain.reader.readContract({ ...mailbox, functionName: "localDomain" }),
    chain.reader.readContract({ ...mailbox, functionName: "defaultIsm" }),
    chain.reader.readContract({ ...mailbox, functionName: "defaultHook" }),
    chain.reader.readContract({ ...mailbox, functionName: "requiredHook" }),
  ]);
  const findings: Finding[] = [];
  if (domain !== chain.domain) {
    const what = `the Mailbox belongs to domain ${domain}, the plan says ${chain.domain}`;
    const fix = "Correct the domain, or the Mailbox, in the plan.";
    findings.push({ chain: chain.name, severity: "critical", code: "DOMAIN_WRONG", what, fix });
  }
  if (ism === zeroAddress) {
    const fix = "Run `herald deploy`; until then anyone may initialize it.";
    const what = "the Mailbox is not initialized";
    findings.push({ chain: chain.name, severity: "critical", code: "MAILBOX_UNINITIALIZED", what, fix });
    return findings;
  }
  const hooks = [
    ["default", defaultHook, plan.hyperlane?.defaultHook ?? site.need("merkleTreeHook")],
    ["required", requiredHook, plan.hyperlane?.requiredHook ?? site.need("requiredHook")],
  ] as const;
  for (const [kind, given, wanted] of hooks) {
    if (isAddressEqual(given, wanted)) continue;
    const what = `the Mailbox's ${kind} hook is ${given}, not ${wanted}: messages may miss the tree, or cost`;
    const fix = `Let the Mailbox's owner set it back, or name it in the plan after reading its code.`;
    findings.push({ chain: chain.name, severity: "serious", code: "HOOK_DIFFERENT", what, fix });
  }
  return site.ownHyperlane ? [...findings, ...(await checkOwnMailbox(site, ism))] : findings;
}

/** What only a Mailbox we deployed promises: the planned default module, and a required hook that can never charge. */
async function checkOwnMailbox(site: Site, ism: `0x${string}`): Promise<Finding[]> {
  const { chain } = site;
  const findings: Finding[] = [];
  const most = await chain.reader.readContract({
    ...{ address: site.need("requiredHook"), abi: feeAbi, functionName: "MAX_PROTOCOL_FEE" },
  });
  if (most !== 0n) {
    const what = `the required hook may charge up to ${most} wei a message`;
    const fix = "Let the Mailbox's owner set a required hook that never charges.";
    findings.push({ chain: chain.name, severity: "serious", code: "HOOK_DIFFERENT", what, fix });
  }
  if (!isAddressEqual(ism, site.need("ism"))) {
    const what = `the Mailbox's default module is ${ism}, not the lane's`;
    const fix =
      "Let the Mailbox's owner set it back. Herald's gateways have modules of their own; other recipients have not.";
    findings.push({ chain: chain.name, severity: "serious", code: "DEFAULT_ISM_DIFFERENT", what, fix });
  }
  return findings;
}
