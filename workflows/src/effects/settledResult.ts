import type { Address, Hex } from "viem";

/**
 * What a request was settled with, as the gateway's events tell it: whoever reveals, finalises or runs a callback again presents it. As
 * JSON carries it: amounts as decimal text.
 */
export interface SettledResult {
  readonly status: number;
  readonly outputHash: Hex;
  readonly evidenceHash: Hex;
  readonly relayer: Address;
  readonly topUp: string;
  readonly payees: readonly Address[];
  /** Empty where it was settled by its hash and is not revealed yet. */
  readonly output: Hex;
}

/** Where writers find what the watcher saw of a result. */
export interface SettledResults {
  /** Null while no delivered result was seen. */
  resultOf(requestId: string): Promise<SettledResult | null>;
}

/** The result as the gateway's functions take it. */
export function resultArgument({ status, outputHash, evidenceHash, relayer, topUp, payees }: SettledResult) {
  return { status, outputHash, evidenceHash, relayer, topUp: BigInt(topUp), payees };
}
