import type { ClientConfig } from "../config/clientConfig.js";
import { resolveBeside } from "../config/loadConfig.js";
import { readPortFile } from "./portFile.js";

/** URL of the relayer's API; undefined while the relayer that writes it down does not run. */
export function relayerApiOf(config: ClientConfig, configFile: string): string | undefined {
  const { relayerApi, portFile } = config;
  return relayerApi ?? (portFile === undefined ? undefined : readPortFile(resolveBeside(configFile, portFile)));
}
