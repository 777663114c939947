import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { clientConfig } from "./config/clientConfig.js";
import { relayerConfig, validatorStorage, workerUrl } from "./config/relayerConfig.js";
import { validatorConfig } from "./config/validatorConfig.js";
import { workerConfig } from "./config/workerConfig.js";
import { evidenceNamespace, type RunningParts } from "./runningParts.js";
import type { WorldInfo } from "./worldInfo.js";

/** Writes the configuration files and, last, `world.json`. */
export function writeFiles(parts: RunningParts, processes: Readonly<Record<string, number>>): WorldInfo {
  const { folder, keys, hub, origins, temporal, celestia, deployed } = parts;
  const write = (name: string, value: object) => {
    const file = join(folder, name);
    writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
    return file;
  };
  for (const { name } of keys.validators) mkdirSync(validatorStorage(folder, name), { recursive: true });
  const chains = [...origins, hub].map(({ name, chainId, node, providers }) => [
    name,
    { chainId, domain: chainId, nodeUrl: node.url, providers: [...providers] },
  ]);
  const info: WorldInfo = {
    folder,
    pid: process.pid,
    chains: Object.fromEntries(chains),
    temporal: { ...temporal },
    celestia: {
      url: celestia.url,
      tokenFile: join(folder, celestia.tokenFile),
      namespace: evidenceNamespace,
    },
    deployment: deployed.deployment,
    dapps: { ...deployed.dapps },
    policyId: deployed.policyId,
    workers: keys.workers.map(({ name, signer, operator }, i) => ({
      name,
      url: workerUrl(parts, i),
      address: signer.account.address,
      operator: operator.account.address,
      config: write(`${name}.json`, workerConfig(parts, i)),
    })),
    validators: keys.validators.map(({ name, signer }, i) => ({
      name,
      address: signer.account.address,
      storage: validatorStorage(folder, name),
      config: write(`${name}.json`, validatorConfig(parts, i)),
    })),
    files: {
      relayer: write("relayer.json", relayerConfig(parts)),
      client: write("client.json", clientConfig(parts)),
      relayerPort: join(folder, "relayer.port"),
    },
    processes: { ...processes },
  };
  write("world.json", info);
  return info;
}
