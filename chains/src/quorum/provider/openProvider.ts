import type { Transport } from "viem";
import { batching } from "./callBatcher.js";
import { guardedExchange, type ProviderLimits } from "./guardedExchange.js";
import { httpWire } from "./httpWire.js";
import { JsonRpcProvider } from "./jsonRpcProvider.js";
import { splittingLogs } from "./splittingLogs.js";
import { transportExchange } from "./transportExchange.js";

/** One RPC endpoint of a chain: an HTTP URL, or any viem transport. */
export type Provider = {
  readonly name: string;
  readonly limits?: ProviderLimits;
} & (
  | { readonly url: string; readonly transport?: undefined }
  | { readonly transport: Transport; readonly url?: undefined }
);

/** Builds what asks one provider: limits and breaker around batches around the wire. Nothing is sent before the first call. */
export function openProvider(provider: Provider, chainId: number, timeoutMs: number): JsonRpcProvider {
  const { name, limits = {} } = provider;
  const wire =
    provider.transport === undefined
      ? batching(httpWire(name, provider.url, timeoutMs))
      : transportExchange(name, provider.transport, timeoutMs);
  const guarded = guardedExchange(name, wire, limits);
  return new JsonRpcProvider({
    name,
    url: provider.url ?? "",
    chainId,
    guarded,
    exchange: splittingLogs(guarded.exchange),
  });
}
