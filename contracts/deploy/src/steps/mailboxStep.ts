import { HeraldError } from "@herald/wire/errors";
import { type Address, encodeFunctionData, parseAbi, zeroAddress } from "viem";
import type { Site } from "../state/site.js";
import { ownerText } from "./shortText.js";
import type { Step } from "./step.js";

export const mailboxAbi = parseAbi([
  "function initialize(address owner, address defaultIsm, address defaultHook, address requiredHook)",
  "function owner() view returns (address)",
  "function VERSION() view returns (uint8)",
  "function localDomain() view returns (uint32)",
  "function defaultIsm() view returns (address)",
  "function defaultHook() view returns (address)",
  "function requiredHook() view returns (address)",
]);

/**
 * Initializes our Mailbox, at once with its last owner.
 * @throws HeraldError DEPLOY_MAILBOX_TAKEN from `look` if someone else did: whoever is first may
 */
export function mailboxStep(site: Site): Step {
  return {
    key: "mailboxInitialized",
    look: async () => {
      const address = site.find("mailbox");
      if (address !== undefined && (await isInitialized(site, address))) return { calls: [] };
      const args = [site.owner, site.need("ism"), site.need("merkleTreeHook"), site.need("requiredHook")] as const;
      const call = {
        what: `Mailbox.initialize(owner ${ownerText(site)}, ism, merkleTreeHook, requiredHook)`,
        from: site.deployer,
        to: site.need("mailbox"),
        data: encodeFunctionData({ abi: mailboxAbi, functionName: "initialize", args }),
        gas: 150_000,
      };
      return { calls: [call] };
    },
  };
}

async function isInitialized(site: Site, address: Address): Promise<boolean> {
  const { reader } = site.chain;
  const owner = await reader.readContract({ address, abi: mailboxAbi, functionName: "owner" });
  if (owner === zeroAddress) return false;
  const hook = await reader.readContract({ address, abi: mailboxAbi, functionName: "defaultHook" });
  if (owner === site.owner || hook === site.find("merkleTreeHook")) return true;
  throw new HeraldError({
    code: "DEPLOY_MAILBOX_TAKEN",
    message: "Someone else has initialized the Mailbox.",
    facts: { chain: site.chain.name, mailbox: address, owner, expected: site.owner },
    fix: "Remove mailbox, merkleTreeHook and validatorAnnounce of this chain from the state, and run again: they are of no use.",
    actor: "operator",
    retry: "never",
  });
}
