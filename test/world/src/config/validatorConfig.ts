import type { RunningParts } from "../runningParts.js";
import { reading, validatorStorage } from "./relayerConfig.js";

/** Configuration of one validator of the hub: `relayer/src/config/validatorConfig.ts`. */
export function validatorConfig({ folder, keys, hub, deployed }: RunningParts, index: number): object {
  const validator = keys.validators[index];
  const { domain, hyperlane } = deployed.deployment.hub;
  return {
    ...reading(hub),
    name: validator?.name,
    chain: hub.name,
    domain,
    mailbox: hyperlane.mailbox,
    merkleTreeHook: hyperlane.merkleTreeHook,
    validatorAnnounce: hyperlane.validatorAnnounce,
    signer: { keyFile: validator?.signer.file },
    storage: validatorStorage(folder, validator?.name ?? ""),
    // The hub is one node and does not reorganise by itself, but a checkpoint signed for a block that vanished cannot be taken back.
    reorgPeriod: 1,
  };
}
