import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { isHeraldError } from "@herald/wire/errors";
import { type Address, BaseError, ContractFunctionZeroDataError, type Hex, type PublicClient } from "viem";

/**
 * The gateway's last sequence number after a block, from its own counter: what the events up to there must add up to. `none` where there
 * is no gateway, `unknown` where the providers no longer hold the state of that block.
 */
export async function readRequestCount(
  client: PublicClient,
  gateway: Address,
  blockHash: Hex,
): Promise<bigint | "none" | "unknown"> {
  try {
    return await client.readContract({
      address: gateway,
      abi: inferenceGatewayAbi,
      functionName: "requestCount",
      blockHash,
    });
  } catch (error) {
    if (isHeraldError(error) || !(error instanceof BaseError)) throw error;
    return error.walk((cause) => cause instanceof ContractFunctionZeroDataError) === null ? "unknown" : "none";
  }
}
