import { HeraldError } from "@herald/wire/errors";
import { clientConfigSchema } from "../config/clientConfig.js";
import { loadConfig } from "../config/loadConfig.js";
import type { Taken } from "../store/takeTransaction.js";
import { relayerApiOf } from "./relayerApi.js";

/** A relayer that asks its providers needs longer than one that reads its store. */
const TIMEOUT_MS = 60_000;

const meanings = {
  taken: "taken in",
  known: "was known already",
  settled: "is settled on its chain; there is nothing to do",
} as const satisfies Record<Taken["result"], string>;

/** `herald request intake`: has the relayer read one transaction at once, past its watcher. */
export async function requestIntake(
  txHash: string,
  options: { readonly config: string; readonly chain: string; readonly json?: boolean },
): Promise<void> {
  const api = relayerApiOf(loadConfig(options.config, clientConfigSchema), options.config);
  const taken = await ask(api, options.chain, txHash);
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(taken)}\n`);
    return;
  }
  const lines = taken.map(({ requestId, result }) => `request ${requestId} ${meanings[result]}`);
  const nothing = "No request was opened there; what the gateway said of others was noted.";
  process.stdout.write(`${lines.length === 0 ? nothing : lines.join("\n")}\n`);
}

async function ask(api: string | undefined, chain: string, txHash: string): Promise<readonly Taken[]> {
  const facts = { relayer: api ?? "It does not run.", chain, transaction: txHash };
  let response: Response;
  let body: unknown;
  try {
    const path = `/intake/${encodeURIComponent(chain)}/${encodeURIComponent(txHash)}`;
    const request = { method: "POST", signal: AbortSignal.timeout(TIMEOUT_MS) };
    response = await fetch(new URL(path, api), request);
    body = await response.json();
  } catch (cause) {
    throw new HeraldError({
      code: "INTAKE_RELAYER_UNREACHABLE",
      message: "The relayer cannot be asked.",
      fix: "Start the relayer, and check relayerApi or portFile in the configuration.",
      ...{ facts, actor: "operator", retry: { afterMs: 1_000 }, cause },
    });
  }
  // CAST: our own API's answer.
  if (response.ok) return body as readonly Taken[];
  const said = typeof body === "object" && body !== null && "error" in body ? String(body.error) : "nothing";
  throw new HeraldError({
    code: "INTAKE_REFUSED",
    message: "The relayer did not take the transaction in.",
    facts: { ...facts, said },
    fix: "Do what it says, then ask again.",
    ...(response.status === 400
      ? ({ actor: "user", retry: "never" } as const)
      : ({ actor: "upstream", retry: { afterMs: 1_000 } } as const)),
  });
}
