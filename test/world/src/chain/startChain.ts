import type { ProcessGroup } from "../processes/processGroup.js";
import { type Anvil, startAnvil } from "./anvil.js";
import type { ControlServer } from "./controlServer.js";
import { openProxy, type ProviderProxy } from "./proxy.js";

/** A local chain: one node, and two providers of it which tests can make lie, lag or die. */
export interface LocalChain {
  readonly name: string;
  readonly chainId: number;
  readonly node: Anvil;
  readonly proxies: readonly [ProviderProxy, ProviderProxy];
  readonly providers: readonly { readonly name: string; readonly url: string; readonly controlUrl: string }[];
}

/** Starts a chain and its providers. */
export async function startChain(
  { name, chainId }: { readonly name: string; readonly chainId: number },
  world: {
    readonly processes: ProcessGroup;
    readonly control: ControlServer;
    readonly port: number;
    readonly signal: AbortSignal;
  },
): Promise<LocalChain> {
  const node = await startAnvil(world.processes, { name, chainId, port: world.port, signal: world.signal });
  const proxies = [await openProxy(node.port), await openProxy(node.port)] as const;
  const providers = proxies.map((proxy, i) => ({
    name: `${name}-${i + 1}`,
    url: proxy.url,
    controlUrl: world.control.register(`${name}/${i + 1}`, proxy),
  }));
  return { name, chainId, node, proxies, providers };
}
