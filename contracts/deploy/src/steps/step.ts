import type { Address, Hex } from "viem";

/** One transaction. */
export interface Call {
  /** What it does, with its arguments, short. */
  readonly what: string;
  /** Who must send it; the deployer sends its own, the others are left to the owner. */
  readonly from: Address;
  /** Absent for the creation of a contract. */
  readonly to?: Address;
  readonly data: Hex;
  /** What a created contract is to Herald. */
  readonly creates?: string;
  /** About what it takes, for the plan; before it is sent the node is asked. */
  readonly gas: number;
}

/** What a look at the chain says. */
export interface Look {
  /** What is still to be sent, in order; empty if the chain is as planned. */
  readonly calls: readonly Call[];
  /** What was found and is worth keeping. */
  readonly contract?: Address;
  readonly id?: number;
}

/** One thing a deployment brings about. It is looked at again after each of its transactions, so the chain alone says what is done. */
export interface Step {
  /** Never renamed: what it finds is kept under this name. */
  readonly key: string;
  look(): Promise<Look>;
}
