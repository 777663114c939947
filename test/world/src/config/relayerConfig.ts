import { join } from "node:path";
import { localOrigins } from "../chain/localChains.js";
import type { LocalChain } from "../chain/startChain.js";
import { evidenceNamespace, type RunningParts } from "../runningParts.js";

/** Quorum 2 of 2: one lying, lagging or dead provider is enough to be noticed. */
export function reading({ chainId, providers }: LocalChain) {
  return { chainId, providers: providers.map(({ name, url }) => ({ name, url })), quorum: 2 };
}

/** Configuration of the relayer: `relayer/src/config/relayerConfig.ts`. Paths are relative to the world's folder. */
export function relayerConfig(parts: RunningParts): object {
  const { folder, keys, hub, deployed, temporal, celestia } = parts;
  const { deployment, policyId } = deployed;
  const originOf = (chain: LocalChain) => {
    const it = deployment.origins[chain.name];
    return {
      ...reading(chain),
      domain: it?.domain,
      gateway: it?.gateway,
      mailbox: it?.hyperlane.mailbox,
      workerSets: it?.workerSets,
      startBlock: it?.startBlock,
      finality: localOrigins.find(({ name }) => name === chain.name)?.finality,
      policies: [policyId],
      infernet:
        it?.infernetCoordinator === undefined ? [] : [{ coordinator: it.infernetCoordinator, minRelayFee: "1" }],
      signer: { keyFile: keys.relayer.file },
    };
  };
  return {
    store: "relayer.sqlite",
    temporal: { address: temporal.address, namespace: temporal.namespace },
    origins: Object.fromEntries(parts.origins.map((chain) => [chain.name, originOf(chain)])),
    hub: {
      ...reading(hub),
      name: hub.name,
      domain: deployment.hub.domain,
      mailbox: deployment.hub.hyperlane.mailbox,
      merkleTreeHook: deployment.hub.hyperlane.merkleTreeHook,
      resultHub: deployment.hub.resultHub,
      signer: { keyFile: keys.publisher.file },
      validators: keys.validators.map(({ name, signer }) => ({
        address: signer.account.address,
        storage: `file://${validatorStorage(folder, name)}`,
      })),
    },
    celestia: { url: celestia.url, tokenFile: celestia.tokenFile, namespace: evidenceNamespace },
    workers: keys.workers.map(({ name, signer }, i) => ({
      name,
      url: workerUrl(parts, i),
      address: signer.account.address,
    })),
    payee: keys.relayer.account.address,
    api: { host: "127.0.0.1", port: 0 },
    portFile: "relayer.port",
  };
}

/** Folder a validator writes its signatures to, and the relayer reads them from. */
export function validatorStorage(folder: string, name: string): string {
  return join(folder, "validators", name);
}

/** Where the worker with this index will listen. */
export function workerUrl(parts: RunningParts, index: number): string {
  return `http://127.0.0.1:${parts.workerPorts[index]}`;
}
