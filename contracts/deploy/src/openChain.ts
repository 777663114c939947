import { HeraldError, redactUrl } from "@herald/wire/errors";
import { type ChainId, type Domain, parseChainId, parseDomain } from "@herald/wire/ids";
import { type Chain, createPublicClient, defineChain, http, type PublicClient, type Transport } from "viem";

/** Where a chain is, and which it should be. */
export interface ChainAccess {
  readonly name: string;
  readonly chainId: number;
  /** Hyperlane domain; often, not always, the chain id. */
  readonly domain: number;
  readonly rpc: string;
}

/** A chain and the way to it. */
export interface DeployChain {
  readonly name: string;
  readonly chainId: ChainId;
  readonly domain: Domain;
  readonly reader: PublicClient<Transport, Chain>;
}

/** A connection that has not been used yet: the node may be of another chain, or not be there. */
export function connect({ name, chainId, domain, rpc }: ChainAccess): DeployChain {
  const chain = defineChain({
    id: chainId,
    name,
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [rpc] } },
  });
  // Numbers of blocks decide what is done next: never one from before a transaction of ours.
  const reader = createPublicClient({ chain, transport: http(rpc), cacheTime: 0 });
  return { name, chainId: parseChainId(chainId), domain: parseDomain(domain), reader };
}

/**
 * Asks the node which chain it belongs to.
 * @throws HeraldError DEPLOY_WRONG_CHAIN if it is another: a deployment there would cost and be lost
 */
export async function checkChain({ name, chainId, reader }: DeployChain, rpc: string): Promise<void> {
  const given = await reader.getChainId();
  if (given === chainId) return;
  throw new HeraldError({
    code: "DEPLOY_WRONG_CHAIN",
    message: "The node belongs to another chain than the one to deploy on.",
    facts: { chain: name, expected: chainId, given, url: redactUrl(rpc) },
    fix: "Correct the URL or the chain id.",
    actor: "operator",
    retry: "never",
  });
}
