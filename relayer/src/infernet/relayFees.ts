import { infernetCoordinatorAbi } from "@herald/wire/abi/InfernetCoordinator";
import type { Address, Hex, PublicClient } from "viem";

/** What a subscription's wallet pays, and for what. */
export interface Offer {
  readonly containerId: Hex;
  readonly redundancy: number;
  readonly paymentAmount: bigint;
}

const BPS = 10_000n;

/** Tells what a request of a subscription would leave the relayer. Routes are added once and never changed, so each is read once. */
export function createRelayFees(parameters: {
  readonly client: PublicClient;
  readonly coordinator: Address;
  readonly policies: readonly number[];
}) {
  const { client, coordinator, policies } = parameters;
  const routes = new Map<string, Promise<{ readonly policyId: number; readonly relayBps: number }>>();

  function routeOf({ containerId, redundancy }: Offer) {
    const key = `${containerId}/${redundancy}`;
    const known = routes.get(key);
    if (known !== undefined) return known;
    const on = { address: coordinator, abi: infernetCoordinatorAbi, functionName: "routeOf" } as const;
    const reading = client.readContract({ ...on, args: [containerId, redundancy] });
    routes.set(key, reading);
    reading.catch(() => routes.delete(key));
    return reading;
  }

  return {
    /** Wei; 0 where the route's policy is not served or the wallet pays nothing. */
    async of(offer: Offer, protocolFee: bigint): Promise<bigint> {
      const { policyId, relayBps } = await routeOf(offer);
      const rest = offer.paymentAmount * BigInt(offer.redundancy) - protocolFee;
      return policies.includes(policyId) && rest > 0n ? (rest * BigInt(relayBps)) / BPS : 0n;
    },
  };
}
