import type { Address, Hex } from "viem";
import type { RequestId } from "./ids.js";

/** What a worker signs (EIP-712, the gateway's domain). */
export interface Answer {
  readonly id: RequestId;
  /** Wire value, see `answerStatuses`. */
  readonly status: number;
  /** keccak256 of the output bytes. */
  readonly outputHash: Hex;
  /** keccak256 of the canonical worker part, see `evidenceHashOf`. */
  readonly evidenceHash: Hex;
  /** Who is credited the worker's share of the fee. */
  readonly payee: Address;
  /** Who is credited the relay fee. */
  readonly relayer: Address;
}

/** An answer with the signature over it and the key that made it. */
export interface SignedAnswer {
  readonly answer: Answer;
  /** 65 bytes r ‖ s ‖ v, v 27 or 28, s in the lower half. */
  readonly signature: Hex;
  readonly worker: Address;
}
