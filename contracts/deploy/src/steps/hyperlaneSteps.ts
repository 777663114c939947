import { hyperlaneArtifact } from "../artifacts/hyperlaneArtifact.js";
import type { Site } from "../state/site.js";
import { createStep } from "./createStep.js";
import { mailboxStep } from "./mailboxStep.js";
import { type LaneSecurity, multisigIsmStep } from "./multisigIsmStep.js";
import { ownerText } from "./shortText.js";
import type { Step } from "./step.js";

/**
 * The part of Hyperlane's core that Herald needs, for a chain that has none: a Mailbox whose messages enter a Merkle tree, the factory of
 * message-id multisig modules, and the contract on which validators announce themselves. On a chain that has it, only the module.
 * @param security of the lane that ends here; also of messages to recipients that name no module of their own
 */
export function hyperlaneSteps(site: Site, security: LaneSecurity): Step[] {
  const ism = multisigIsmStep(site, security);
  if (!site.ownHyperlane) return [ism];
  const { domain } = site.chain;
  const mailbox = { type: "address", value: () => site.need("mailbox"), text: "mailbox" } as const;
  const create = (
    key: string,
    contract: Parameters<typeof hyperlaneArtifact>[0],
    args: Parameters<typeof createStep>[1]["args"],
  ) => createStep(site, { key, contract, bytecode: hyperlaneArtifact(contract).creation, args });
  const nothing = { type: "uint256", value: () => 0n, text: "0" } as const;
  const toOwner = { type: "address", value: () => site.owner, text: ownerText(site) } as const;
  return [
    create("mailbox", "Mailbox", [{ type: "uint32", value: () => domain, text: `domain ${domain}` }]),
    create("merkleTreeHook", "MerkleTreeHook", [mailbox]),
    create("validatorAnnounce", "ValidatorAnnounce", [mailbox]),
    create("multisigIsmFactory", "StaticMessageIdMultisigIsmFactory", []),
    ism,
    // A required hook there must be. With a greatest fee of 0 this one can never charge; the tree as required and default hook would
    // take every message twice.
    create("requiredHook", "ProtocolFee", [nothing, nothing, toOwner, toOwner]),
    mailboxStep(site),
  ];
}
