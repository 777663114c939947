import type { RunningParts } from "../runningParts.js";

/** Configuration of `herald request`: `relayer/src/config/clientConfig.ts`. It asks the first provider of each chain. */
export function clientConfig({ keys, origins, deployed }: RunningParts): object {
  return {
    portFile: "relayer.port",
    policyId: deployed.policyId,
    origins: Object.fromEntries(
      origins.map(({ name, chainId, providers }) => [
        name,
        {
          chainId,
          rpc: providers[0]?.url,
          gateway: deployed.deployment.origins[name]?.gateway,
          infernetCoordinator: deployed.deployment.origins[name]?.infernetCoordinator,
          dapp: deployed.dapps[name],
        },
      ]),
    ),
    signer: { keyFile: keys.client.file },
  };
}
