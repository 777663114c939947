import { custom, numberToHex, RpcRequestError } from "viem";
import type { Provider } from "../../src/quorum/provider/openProvider.js";
import { blockHash, forgedLog, nodeAnswer } from "./fakeChain.js";

/** How a fake provider behaves. Liars all tell the same lie, which is the worst they can do. */
export const behaviours = [
  "honest",
  "lying",
  "hidingLogs",
  "aliasingTags",
  "lagging",
  "dead",
  "silent",
  "limited",
  "smallRanges",
] as const;
export type FakeBehaviour = (typeof behaviours)[number];

/** Blocks a lagging provider is behind. */
const LAG = 2;
/** Blocks a provider with small ranges takes. */
const RANGE = 3;

/** A provider in memory, behind a viem transport; `head` tells how far the chain is. */
export class FakeProvider {
  behaviour: FakeBehaviour = "honest";
  readonly calls: string[] = [];
  readonly provider: Provider;

  constructor(name: string, head: () => number) {
    const request = async ({ method, params = [] }: { method: string; params?: readonly unknown[] }) => {
      this.calls.push(method);
      return await this.#answer(head(), method, params);
    };
    this.provider = { name, transport: custom({ request }) };
  }

  /** Does not say what is not so, and knows all there is. */
  get sound(): boolean {
    return this.behaviour === "honest" || this.behaviour === "smallRanges";
  }

  /** May say what is not so. */
  get false(): boolean {
    return ["lying", "hidingLogs", "aliasingTags"].includes(this.behaviour);
  }

  async #answer(head: number, method: string, params: readonly unknown[]): Promise<unknown> {
    const truth = (at = head, asked = params) => known(nodeAnswer(at, method, asked), method);
    switch (this.behaviour) {
      case "honest":
        return truth();
      case "lying":
        return lie(head, method, params);
      case "hidingLogs":
        return method === "eth_getLogs" ? [] : truth();
      case "aliasingTags":
        return truth(head, params[0] === "safe" || params[0] === "finalized" ? ["latest", ...params.slice(1)] : params);
      case "lagging":
        return truth(Math.max(0, head - LAG));
      case "dead":
        throw new TypeError("fetch failed");
      case "silent":
        return await new Promise(() => undefined);
      case "limited":
        throw rpcError(method, 429, "Too Many Requests");
      case "smallRanges": {
        const filter = params[0];
        const ranged = typeof filter === "object" && filter !== null && "fromBlock" in filter && "toBlock" in filter;
        if (ranged && Number(filter.toBlock) - Number(filter.fromBlock) >= RANGE) {
          throw rpcError(method, -32_602, `eth_getLogs is limited to a ${RANGE} range`);
        }
        return truth();
      }
    }
  }
}

/** Another chain that is longer, richer and has more logs. */
function lie(head: number, method: string, params: readonly unknown[]): unknown {
  const truth = nodeAnswer(head + 9, method, params);
  switch (method) {
    case "eth_chainId":
      return truth;
    case "eth_blockNumber":
      return numberToHex(head + 9);
    case "eth_getBlockByNumber":
    case "eth_getBlockByHash":
      return { ...(truth as object), hash: blockHash(-1 - head) };
    case "eth_getLogs":
      return [forgedLog(head)];
    default:
      return "0xdeadbeef";
  }
}

function known(answer: unknown, method: string): unknown {
  if (answer === undefined) throw rpcError(method, -32_000, "header not found");
  return answer;
}

function rpcError(method: string, code: number, message: string): RpcRequestError {
  return new RpcRequestError({ body: { method }, error: { code, message }, url: "memory" });
}
