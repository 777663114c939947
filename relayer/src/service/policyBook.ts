import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import type { Address, PublicClient } from "viem";

/** What Herald needs of a policy: how many operators of which set, and the gas its verifier is promised. */
export interface PolicyFacts {
  readonly k: number;
  readonly setId: number;
  readonly verifyGas: number;
}

/** Reads a policy of one gateway; rejects with the read's error, and may be asked again then. */
export type PolicyBook = (policyId: number) => Promise<PolicyFacts>;

/** Policies never change, so each is read once, also when many ask at the same time; a failed read is not kept. */
export function createPolicyBook(client: PublicClient, gateway: Address): PolicyBook {
  const read = new Map<number, Promise<PolicyFacts>>();
  return (policyId) => {
    const found = read.get(policyId);
    if (found !== undefined) return found;
    const reading = client
      .readContract({ address: gateway, abi: inferenceGatewayAbi, functionName: "policyOf", args: [policyId] })
      .then(({ k, setId, verifyGas }) => ({ k, setId, verifyGas }));
    read.set(policyId, reading);
    reading.catch(() => read.delete(policyId));
    return reading;
  };
}
