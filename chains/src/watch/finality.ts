import type { Hex, PublicClient } from "viem";

/** When a block counts as final on a lane. */
export type Finality =
  /** `confirmations` blocks on top of it; for chains whose sequencer's word is taken. */
  | { readonly type: "latest"; readonly confirmations: number }
  | { readonly type: "safe" }
  | { readonly type: "finalized" };

/** The highest final block; its hash where the chain itself names it. */
export interface FinalBlock {
  /** Negative on a chain younger than the confirmations asked for: nothing is final. */
  readonly number: bigint;
  readonly hash: Hex | undefined;
}

/** Reads what is final by the lane's policy, given the head just read. */
export async function readFinal(client: PublicClient, finality: Finality, head: bigint): Promise<FinalBlock> {
  if (finality.type === "latest") return { number: head - BigInt(finality.confirmations), hash: undefined };
  const { number, hash } = await client.getBlock({ blockTag: finality.type });
  return { number, hash };
}
