import { setTimeout as delay } from "node:timers/promises";
import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { decodeStateWord, type StateWord } from "@herald/wire/stateWord";
import type { Address, Hex, PublicClient } from "viem";

const CHAIN_CLOCK_POLL_MS = 1_000;

/** The gateway's state of a request, now. */
export async function readGatewayState(client: PublicClient, gateway: Address, requestId: Hex): Promise<StateWord> {
  return decodeStateWord(
    await client.readContract({
      address: gateway,
      abi: inferenceGatewayAbi,
      functionName: "stateOf",
      args: [requestId],
    }),
  );
}

/** Returns once the chain's own clock, the only one that counts, is past `time` (Unix seconds). */
export async function waitUntilAfter(client: PublicClient, time: number, signal: AbortSignal): Promise<void> {
  while ((await client.getBlock()).timestamp <= BigInt(time)) {
    await delay(CHAIN_CLOCK_POLL_MS, undefined, { signal });
  }
}
