import { type Address, isAddressEqual, parseAbi } from "viem";
import { type HyperlaneContract, hyperlaneArtifact } from "../artifacts/hyperlaneArtifact.js";
import { isCodeOf } from "../artifacts/runtimeCode.js";
import type { Finding } from "../plan/finding.js";
import type { Site } from "../state/site.js";
import { ismFactoryAbi, type LaneSecurity } from "../steps/multisigIsmStep.js";

const behaviourAbi = parseAbi([
  "function VERSION() view returns (uint8)",
  "function hookType() view returns (uint8)",
  "function count() view returns (uint32)",
  "function getAnnouncedStorageLocations(address[] validators) view returns (string[][])",
]);
/** The version of Hyperlane's messages, and its number for a hook that is a Merkle tree. */
const MESSAGE_VERSION = 3;
const MERKLE_TREE = 3;

/**
 * Hyperlane's contracts that were there before. Code that is what `@hyperlane-xyz/core` publishes is known; code of another version, or
 * behind a proxy, is asked for what Herald needs of it, and noted: what else it does, nobody here has read.
 */
export async function checkExisting(site: Site, security: LaneSecurity): Promise<Finding[]> {
  const { hyperlane } = site.plan;
  if (hyperlane === undefined) return [];
  const { reader } = site.chain;
  const { mailbox, merkleTreeHook, multisigIsmFactory, validatorAnnounce } = hyperlane;
  const ask = (address: Address) => ({ address, abi: behaviourAbi }) as const;
  const findings = await Promise.all([
    checkContract(site, "mailbox", "Mailbox", mailbox, async () => {
      const version = await reader.readContract({ ...ask(mailbox), functionName: "VERSION" });
      return version === MESSAGE_VERSION;
    }),
    checkContract(site, "merkleTreeHook", "MerkleTreeHook", merkleTreeHook, async () => {
      await reader.readContract({ ...ask(merkleTreeHook), functionName: "count" });
      return (await reader.readContract({ ...ask(merkleTreeHook), functionName: "hookType" })) === MERKLE_TREE;
    }),
    checkContract(site, "validatorAnnounce", "ValidatorAnnounce", validatorAnnounce, async () => {
      const read = { functionName: "getAnnouncedStorageLocations", args: [security.validators] } as const;
      const locations = await reader.readContract({ ...ask(validatorAnnounce), ...read });
      return locations.length === security.validators.length;
    }),
    checkContract(
      site,
      "multisigIsmFactory",
      "StaticMessageIdMultisigIsmFactory",
      multisigIsmFactory,
      // What its module for the lane is and asks for is for `checkSecurity` to say.
      async () => {
        const args = [security.validators, security.threshold] as const;
        const read = { address: multisigIsmFactory, abi: ismFactoryAbi, functionName: "getAddress", args } as const;
        return isAddressEqual(await reader.readContract(read), site.need("ism"));
      },
    ),
  ]);
  return findings.flat();
}

async function checkContract(
  site: Site,
  key: string,
  contract: HyperlaneContract,
  address: Address,
  behaves: () => Promise<boolean>,
): Promise<Finding[]> {
  const { reader, name: chain } = site.chain;
  const code = await reader.getCode({ address });
  if (code === undefined || isCodeOf(code, hyperlaneArtifact(contract).runtime)) return [];
  if (await behaves().catch(() => false)) {
    const what = `the ${key} at ${address} is not the version of Hyperlane known here; it does what is needed of it`;
    const fix = "Compare the address with Hyperlane's registry; read its code if it is not there.";
    return [{ chain, severity: "note", code: "HYPERLANE_UNKNOWN", what, fix }];
  }
  const what = `the ${key} at ${address} does not behave as Hyperlane's ${contract}`;
  const fix = "Correct its address in the plan.";
  return [{ chain, severity: "critical", code: "HYPERLANE_UNFIT", what, fix }];
}
