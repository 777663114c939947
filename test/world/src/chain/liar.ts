import type { ParsedLie } from "./lie.js";
import { changeHashes } from "./lies/changeHashes.js";
import { changeLogs, hideLogs } from "./lies/changeLogs.js";
import { forgeLog } from "./lies/forgeLog.js";
import { holdHead } from "./lies/holdHead.js";
import type { RpcCall, Upstream } from "./rpc.js";

/** Answer in place of the node's. */
export type Fault =
  | { readonly type: "hang" }
  | { readonly type: "httpStatus"; readonly status: number }
  | { readonly type: "rpcError"; readonly code: number; readonly message: string };

/** One lie at work. */
export interface Liar {
  /** Does not pass the call on at all. */
  fault?(call: RpcCall): Fault | undefined;
  /** The call the node gets instead. */
  ask?(call: RpcCall, upstream: Upstream): Promise<RpcCall>;
  /** The result the client gets instead; `call` is what the client asked. */
  tell?(call: RpcCall, result: unknown, upstream: Upstream): Promise<unknown>;
}

/** The liar for a rule. */
export function liarOf(lie: ParsedLie): Liar {
  switch (lie.type) {
    case "forgeLog":
      return forgeLog(lie);
    case "changeLogs":
      return changeLogs(lie.topic0);
    case "hideLogs":
      return hideLogs(lie.topic0);
    case "changeHashes":
      return changeHashes(lie.from);
    case "holdHead":
      return holdHead(lie.blocks);
    case "hang":
    case "httpStatus":
    case "rpcError":
      return { fault: ({ method }) => (lie.methods?.includes(method) === false ? undefined : lie) };
  }
}
