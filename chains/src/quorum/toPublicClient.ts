import { createPublicClient, custom, defineChain, type PublicClient } from "viem";
import { callClasses } from "./callClasses.js";
import { unwrapHeraldError } from "./quorumErrors.js";
import type { Request } from "./quorumRequest.js";

/** viem's polling actions (receipts) look this often. */
const POLLING_MS = 250;

/** A viem client around a request function; its actions reject with the HeraldError itself where there is one. */
export function toPublicClient(chain: string, chainId: number, request: Request): PublicClient {
  const client = createPublicClient({
    chain: defineChain({
      id: chainId,
      name: chain,
      nativeCurrency: { name: "native token", symbol: "ETH", decimals: 18 },
      rpcUrls: { default: { http: [] } },
    }),
    // A retry could meet another mood of the same providers and hide that they disagreed.
    transport: custom({ request }, { retryCount: 0, methods: { include: Object.keys(callClasses) } }),
    cacheTime: 0,
    pollingInterval: POLLING_MS,
    ccipRead: false,
  });
  return withHeraldErrors(client);
}

/** viem wraps errors by action; callers recognise ours by `code`, so they get them unwrapped. */
function withHeraldErrors(client: PublicClient): PublicClient {
  const rethrow = (error: unknown): never => {
    throw unwrapHeraldError(error);
  };
  const wrapped = Object.entries(client).map(([name, member]: [string, unknown]) => {
    if (typeof member !== "function") return [name, member];
    const action = (...args: unknown[]): unknown => {
      const result: unknown = Reflect.apply(member, client, args);
      return result instanceof Promise ? result.catch(rethrow) : result;
    };
    return [name, action];
  });
  // CAST: the same members with the same signatures; only their rejections differ.
  return Object.fromEntries(wrapped) as PublicClient;
}
