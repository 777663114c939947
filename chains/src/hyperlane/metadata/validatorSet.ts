import type { Hex } from "viem";
import { type Address, isAddressEqual, type PublicClient, zeroAddress } from "viem";
import { multisigIsmAbi } from "../hyperlaneAbi.js";
import { moduleRefused } from "./metadataErrors.js";
import { readModule } from "./moduleCall.js";

/** The official relayer refuses larger sets too. */
const MAX_VALIDATORS = 50;

/** Whose signatures a multisig module wants for a message. */
export interface ValidatorSet {
  /** The order in which the module expects the signatures. */
  readonly validators: readonly Address[];
  readonly threshold: number;
}

/**
 * Asks a multisig module for its validators. Nothing is cached: a set may depend on the message, may be changed by an owner, and the module
 * itself may be behind a proxy.
 * @throws HeraldError HYPERLANE_ISM_UNSAFE, HYPERLANE_ISM_REVERTED; what the client throws
 */
export async function readValidatorSet(client: PublicClient, ism: Address, message: Hex): Promise<ValidatorSet> {
  const call = { address: ism, abi: multisigIsmAbi, functionName: "validatorsAndThreshold", args: [message] } as const;
  const [validators, threshold] = await readModule(ism, call.functionName, () => client.readContract(call));
  const reason = weakness(validators, threshold);
  if (reason === undefined) return { validators, threshold };
  throw moduleRefused(
    "HYPERLANE_ISM_UNSAFE",
    "The recipient's security module has parameters nothing may be delivered under.",
    ism,
    { reason, threshold, validators },
    "Set a security module with a threshold of at least one and no more than its validators.",
  );
}

function weakness(validators: readonly Address[], threshold: number): string | undefined {
  if (validators.length === 0) return "no validators";
  if (validators.length > MAX_VALIDATORS) return `more than ${MAX_VALIDATORS} validators`;
  if (threshold === 0) return "threshold zero";
  if (threshold > validators.length) return "threshold above the number of validators";
  // Recovery of a malformed signature gives the zero address on some paths: it must never count as a signer.
  if (validators.some((validator) => isAddressEqual(validator, zeroAddress))) return "the zero address as a validator";
  return undefined;
}
