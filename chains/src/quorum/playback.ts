import { HeraldError } from "@herald/wire/errors";
import type { Log } from "@herald/wire/log";
import type { PublicClient } from "viem";
import { type Answer, silence } from "./answer.js";
import type { RpcCall } from "./provider/exchange.js";
import type { AskedProvider } from "./provider/jsonRpcProvider.js";
import { parseEnvelope, readReply } from "./provider/readReply.js";
import { quorumRequest } from "./quorumRequest.js";
import type { Exchange, RecordedRead } from "./recordedReads.js";
import { toPublicClient } from "./toPublicClient.js";

/**
 * A client that answers from recorded reads, with no network: each provider's raw answers are brought together again by the same rules as
 * then, so a decision made with it shows whether it follows from what the providers said. A read that was made several times plays back in
 * order, and the last one stays.
 * @throws HeraldError CHAIN_NOT_RECORDED from its actions for a read that is not among them
 */
export function playbackClient(parameters: {
  readonly chain: string;
  readonly chainId: number;
  readonly quorum: number;
  readonly reads: readonly RecordedRead[];
  readonly log: Log;
}): PublicClient {
  const { chain, chainId, quorum, log } = parameters;
  const left = new Map<string, RecordedRead[]>();
  for (const read of parameters.reads) {
    if (read.chain !== chain) continue;
    const key = keyOf(read);
    left.set(key, [...(left.get(key) ?? []), read]);
  }
  return toPublicClient(chain, chainId, async ({ method, params }) => {
    const call = { method, params: Array.isArray(params) ? params : [] };
    const reads = left.get(keyOf(call)) ?? [];
    const read = reads.length > 1 ? reads.shift() : reads[0];
    if (read === undefined) throw notRecorded(chain, call);
    // One request function for each read: what is shared between reads is in the recording of each.
    const providers = recordedProviders(read.exchanges);
    return await quorumRequest({ chain, chainId, quorum, providers, log, onEvent: undefined })(call);
  });
}

/** The providers of a read, each answering what it answered then. */
function recordedProviders(exchanges: readonly Exchange[]): readonly AskedProvider[] {
  const names = new Set(exchanges.flatMap(({ answers }) => answers.map(({ provider }) => provider)));
  return [...names].map((name) => ({
    name,
    url: "",
    rank: 0,
    lateAfterMs: 0,
    outvoted: () => undefined,
    call: async (call) => {
      const exchange = exchanges.find((it) => keyOf(it) === keyOf(call));
      const answer = exchange?.answers.find((it) => it.provider === name);
      if (answer === undefined) return silence(name, "unable", "no answer to this was recorded");
      return toAnswer(name, answer);
    },
  }));
}

function toAnswer(provider: string, { raw, silence: reason }: Exchange["answers"][number]): Answer {
  if (reason !== undefined) return silence(provider, "unable", reason, () => raw);
  const reply = parseEnvelope(JSON.parse(raw));
  if (reply === undefined) return silence(provider, "unable", "the recorded answer is none", () => raw);
  return readReply(provider, reply, () => raw, null);
}

function keyOf({ method, params }: RpcCall): string {
  return JSON.stringify([method, params]);
}

function notRecorded(chain: string, { method, params }: RpcCall): HeraldError {
  return new HeraldError({
    code: "CHAIN_NOT_RECORDED",
    message: "The recording of this decision holds no such read.",
    facts: { chain, method, params: JSON.stringify(params).slice(0, 300) },
    fix: "Play the decision back with the program that recorded it; another one may read something else.",
    actor: "user",
    retry: "never",
  });
}
