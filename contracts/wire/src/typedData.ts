import { type Address, type Hex, hashTypedData, hexToBigInt, recoverTypedDataAddress, slice } from "viem";
import type { Answer } from "./answer.js";
import { HeraldError } from "./errors.js";
import { type ChainId, parseRequestId, type RequestId } from "./ids.js";
import type { Terms } from "./terms.js";

/** Half of secp256k1's order: for every signature with a greater s there is one with a smaller. */
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

/** Where a request lives: the EIP-712 domain of its id and of every answer to it. */
export interface GatewayRef {
  readonly chainId: ChainId;
  readonly gateway: Address;
}

/** EIP-712 types, in the order of the structs; the contracts hash the same strings. */
export const termsTypes = {
  Terms: [
    { name: "version", type: "uint8" },
    { name: "salt", type: "bytes32" },
    { name: "requester", type: "address" },
    { name: "consumer", type: "address" },
    { name: "refundTo", type: "address" },
    { name: "callbackGasLimit", type: "uint32" },
    { name: "contextHash", type: "bytes32" },
    { name: "modelId", type: "bytes32" },
    { name: "inputHash", type: "bytes32" },
    { name: "inputMode", type: "uint8" },
    { name: "outputMode", type: "uint8" },
    { name: "policyId", type: "uint32" },
    { name: "feeToken", type: "address" },
    { name: "workerFee", type: "uint96" },
    { name: "relayFee", type: "uint96" },
    { name: "protocolFee", type: "uint96" },
    { name: "relayer", type: "address" },
    { name: "deadline", type: "uint40" },
  ],
} as const;

/** EIP-712 type of what a worker signs. */
export const answerTypes = {
  Answer: [
    { name: "id", type: "bytes32" },
    { name: "status", type: "uint8" },
    { name: "outputHash", type: "bytes32" },
    { name: "evidenceHash", type: "bytes32" },
    { name: "payee", type: "address" },
    { name: "relayer", type: "address" },
  ],
} as const;

/** EIP-712 domain of a gateway: name `Herald`, version `1`. */
export function gatewayDomain(ref: GatewayRef) {
  return { name: "Herald", version: "1", chainId: ref.chainId, verifyingContract: ref.gateway } as const;
}

/** The request id: EIP-712 digest of the terms in the gateway's domain. */
export function requestIdOf(ref: GatewayRef, terms: Terms): RequestId {
  return parseRequestId(
    hashTypedData({ domain: gatewayDomain(ref), types: termsTypes, primaryType: "Terms", message: terms }),
  );
}

/** Everything a signer needs to sign an answer (viem's `signTypedData` takes it as it is). */
export function answerTypedData(ref: GatewayRef, answer: Answer) {
  return { domain: gatewayDomain(ref), types: answerTypes, primaryType: "Answer", message: answer } as const;
}

/** EIP-712 digest a worker signs. */
export function answerDigest(ref: GatewayRef, answer: Answer): Hex {
  return hashTypedData(answerTypedData(ref, answer));
}

/**
 * The address that signed `answer`. Only the one form of a signature that the verifier takes counts: what another form recovers to
 * would be worth nothing on chain.
 * @throws HeraldError WIRE_SIGNATURE_FORM for another length, v or half of s; viem's error for a signature that recovers to nothing
 */
export async function recoverAnswerSigner(ref: GatewayRef, answer: Answer, signature: Hex): Promise<Address> {
  if (!isCanonical(signature)) {
    throw new HeraldError({
      code: "WIRE_SIGNATURE_FORM",
      message: "The signature does not have the form that the contracts take.",
      facts: { signature },
      fix: "Sign as r, s, v of 65 bytes, s in the lower half and v 27 or 28.",
      actor: "upstream",
      retry: "never",
    });
  }
  return await recoverTypedDataAddress({ ...answerTypedData(ref, answer), signature });
}

/** 65 bytes, v 27 or 28, s in the lower half. */
function isCanonical(signature: Hex): boolean {
  return /^0x[0-9a-f]{128}1[bc]$/i.test(signature) && hexToBigInt(slice(signature, 32, 64)) <= HALF_ORDER;
}
