import { loadConfig } from "@herald/relayer/config/loadConfig";
import { relayerConfigSchema } from "@herald/relayer/config/relayerConfig";
import type { WorldInfo } from "@herald/world/worldInfo";
import { type ChainObserver, observeChain } from "./observeChain.js";

/** Observers of every origin of a local world, each with the finality its lane is configured with. */
export async function observeOrigins(info: WorldInfo): Promise<Readonly<Record<string, ChainObserver>>> {
  const { origins } = loadConfig(info.files.relayer, relayerConfigSchema);
  return Object.fromEntries(
    await Promise.all(
      Object.entries(origins).map(async ([name, { gateway, finality }]) => {
        const nodeUrl = info.chains[name]?.nodeUrl ?? "";
        return [name, await observeChain({ name, nodeUrl, gateway, finality })] as const;
      }),
    ),
  );
}
