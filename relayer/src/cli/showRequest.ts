import { setTimeout as delay } from "node:timers/promises";
import { HeraldError } from "@herald/wire/errors";
import { parseRequestId, type RequestId } from "@herald/wire/ids";
import { type ClientConfig, clientConfigSchema } from "../config/clientConfig.js";
import { loadConfig } from "../config/loadConfig.js";
import type { RequestView } from "../service/requestView.js";
import { readChainView } from "./chainView.js";
import { relayerApiOf } from "./relayerApi.js";
import type { Sight } from "./sight.js";
import { formatTimeline } from "./timeline.js";

const WATCH_MS = 500;

/** `herald request show`: the relayer's timeline beside the chain's own state, so that it answers also when the relayer is down. */
export async function showRequest(
  id: string,
  options: { readonly config: string; readonly watch?: boolean; readonly json?: boolean },
): Promise<void> {
  const requestId = requestIdOf(id);
  const config = loadConfig(options.config, clientConfigSchema);
  let shown = "";
  for (;;) {
    const sight = await look(requestId, config, options.config);
    const text = options.json === true ? JSON.stringify(sight) : formatTimeline(sight, Date.now());
    const same = options.json === true ? text : formatTimeline(sight, 0);
    if (same !== shown) process.stdout.write(`${shown === "" || options.json === true ? "" : "\n"}${text}\n`);
    shown = same;
    if (options.watch !== true || hasEnded(sight)) return;
    await delay(WATCH_MS);
  }
}

function requestIdOf(id: string): RequestId {
  try {
    return parseRequestId(id);
  } catch (cause) {
    throw new HeraldError({
      code: "REQUEST_INVALID_ID",
      message: "This is not a request's id.",
      facts: { "<id>": id },
      fix: "Give 0x and 64 hex digits, as request send prints them.",
      actor: "user",
      retry: "never",
      cause,
    });
  }
}

async function look(requestId: RequestId, config: ClientConfig, configFile: string): Promise<Sight> {
  const [asked, chain] = await Promise.all([
    askRelayer(requestId, config, configFile),
    readChainView(requestId, config),
  ]);
  const { view, silent } = chain;
  if (asked.view === null && view === null) {
    // One chain that did not answer may be the one that holds it.
    if (Object.keys(silent).length > 0) throw unreachable(requestId, asked.problem, silent);
    throw notFound(requestId, asked.problem, config);
  }
  return { requestId, relayer: asked.view, relayerProblem: asked.problem, chain: view, silentChains: silent };
}

async function askRelayer(requestId: string, config: ClientConfig, configFile: string) {
  const api = relayerApiOf(config, configFile);
  if (api === undefined) return { view: null, problem: "The relayer does not run." };
  try {
    const response = await fetch(new URL(`/requests/${requestId}`, api), { signal: AbortSignal.timeout(5_000) });
    // CAST: our own API's answer.
    if (response.ok) return { view: (await response.json()) as RequestView, problem: null };
    if (response.status === 404) return { view: null, problem: "The relayer has not seen it." };
    return { view: null, problem: `The relayer answered with HTTP ${response.status}.` };
  } catch {
    return { view: null, problem: `The relayer at ${api} cannot be reached.` };
  }
}

function hasEnded({ relayer, chain }: Sight): boolean {
  if (relayer !== null) return relayer.outcome !== null;
  return chain !== null && chain.state !== "open" && chain.state !== "pending";
}

function unreachable(requestId: string, problem: string | null, silent: Readonly<Record<string, string>>): HeraldError {
  const chains = Object.entries(silent).map(([name, reason]) => [`chain ${name}`, reason]);
  return new HeraldError({
    code: "REQUEST_CHAIN_UNREACHABLE",
    message: "Nothing can be said of this request: not all chains it may be on answer.",
    facts: { requestId, relayer: problem ?? "-", ...Object.fromEntries(chains) },
    fix: "Check that the chains and the relayer run and that the configuration names their URLs; then ask again.",
    actor: "operator",
    retry: { afterMs: 1_000 },
  });
}

function notFound(requestId: string, problem: string | null, config: ClientConfig): HeraldError {
  return new HeraldError({
    code: "REQUEST_NOT_FOUND",
    message: "Nobody knows this request.",
    facts: { requestId, relayer: problem ?? "-", chains: Object.keys(config.origins).join(", ") },
    fix: "Check the id, and that the configuration names its chain.",
    actor: "user",
    retry: "never",
  });
}
