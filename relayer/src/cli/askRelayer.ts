import { HeraldError } from "@herald/wire/errors";
import { clientConfigSchema } from "../config/clientConfig.js";
import { loadConfig } from "../config/loadConfig.js";
import { relayerApiOf } from "./relayerApi.js";

/** A relayer that asks its providers needs longer than one that reads its store. */
const TIMEOUT_MS = 60_000;

/** What a relayer's API said. */
export interface RelayerAnswer {
  readonly api: string;
  readonly status: number;
  readonly body: unknown;
}

/**
 * Asks the API of the relayer that a client's configuration names.
 * @throws HeraldError RELAYER_UNREACHABLE; as `loadConfig`
 */
export async function askRelayer(configFile: string, path: string, method: "GET" | "POST"): Promise<RelayerAnswer> {
  const api = relayerApiOf(loadConfig(configFile, clientConfigSchema), configFile);
  try {
    const response = await fetch(new URL(path, api), { method, signal: AbortSignal.timeout(TIMEOUT_MS) });
    return { api: api ?? "", status: response.status, body: await response.json() };
  } catch (cause) {
    throw new HeraldError({
      code: "RELAYER_UNREACHABLE",
      message: "The relayer cannot be asked.",
      facts: { relayer: api ?? "It does not run.", path },
      fix: "Start the relayer, and check relayerApi or portFile in the configuration.",
      actor: "operator",
      retry: { afterMs: 1_000 },
      cause,
    });
  }
}
