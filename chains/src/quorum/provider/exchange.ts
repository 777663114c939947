import type { Answer } from "../answer.js";

/** One JSON-RPC call. */
export interface RpcCall {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** Puts a call to one provider. Never rejects: what went wrong is an answer too. */
export type Exchange = (call: RpcCall) => Promise<Answer>;
