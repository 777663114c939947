import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { isAddressEqual, parseAbi, zeroAddress } from "viem";
import type { DeployPlan } from "../plan/deployPlan.js";
import type { Finding } from "../plan/finding.js";
import type { Site } from "../state/site.js";
import type { LaneSecurity } from "../steps/multisigIsmStep.js";

const ismAbi = parseAbi([
  "function moduleType() view returns (uint8)",
  "function validatorsAndThreshold(bytes message) view returns (address[] validators, uint8 threshold)",
]);
/** Hyperlane's number for a message-id multisig: a validator can withhold one bad message alone. */
const MESSAGE_ID_MULTISIG = 5;

/** The module a gateway names, and what it asks for. */
export async function securityOf(site: Site) {
  const { reader } = site.chain;
  const gateway = { address: site.need("gateway"), abi: inferenceGatewayAbi } as const;
  const ism = await reader.readContract({ ...gateway, functionName: "interchainSecurityModule" });
  if (ism === zeroAddress) return undefined;
  const module = { address: ism, abi: ismAbi } as const;
  const [type, [validators, threshold]] = await Promise.all([
    reader.readContract({ ...module, functionName: "moduleType" }),
    reader.readContract({ ...module, functionName: "validatorsAndThreshold", args: ["0x"] }),
  ]);
  return { ism, type, validators, threshold };
}

/** The module that a gateway's messages pass: which it is, and whose signatures it asks for. It is the gateway's for good. */
export async function checkSecurity(
  site: Site,
  planned: LaneSecurity,
  environment: DeployPlan["environment"],
): Promise<Finding[]> {
  const chain = site.chain.name;
  const critical = (code: string, what: string): Finding => ({
    ...{ severity: "critical", code, chain, what },
    fix: "Revoke the hub on this gateway, and deploy a gateway with the right module: a gateway's module cannot be changed.",
  });
  const found = await securityOf(site);
  if (found === undefined) return [critical("ISM_MISSING", "the gateway names no security module")];
  const { ism, type, validators, threshold } = found;
  const findings: Finding[] = [];
  if (!isAddressEqual(ism, site.need("ism"))) {
    findings.push(critical("ISM_DIFFERENT", `the gateway's security module is ${ism}, not ${site.need("ism")}`));
  }
  if (type !== MESSAGE_ID_MULTISIG) {
    findings.push(critical("ISM_DIFFERENT", `the security module is of type ${type}, not a message-id multisig`));
  }
  const same = String(validators).toLowerCase() === String(planned.validators).toLowerCase();
  if (!same) {
    findings.push(
      critical("VALIDATORS_DIFFERENT", `the module believes ${validators.join(", ")}, not the planned validators`),
    );
  }
  if (threshold === 0) {
    findings.push(critical("THRESHOLD_ZERO", "the module lets every message pass"));
  } else if (threshold === 1 && environment === "production") {
    findings.push(critical("LANE_SINGLE_SIGNATURE", "one validator alone can vouch for a message"));
  } else if (threshold !== planned.threshold) {
    const what = `the module asks for ${threshold} signatures, not ${planned.threshold}`;
    findings.push(critical("THRESHOLD_DIFFERENT", what));
  }
  return findings;
}
