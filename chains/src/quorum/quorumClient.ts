import { HeraldError } from "@herald/wire/errors";
import type { Log } from "@herald/wire/log";
import type { PublicClient } from "viem";
import type { ProviderStanding } from "./provider/jsonRpcProvider.js";
import { openProvider, type Provider } from "./provider/openProvider.js";
import type { QuorumEvent } from "./quorumEvents.js";
import { quorumRequest } from "./quorumRequest.js";
import { toPublicClient } from "./toPublicClient.js";

export interface QuorumParameters {
  /** Name, for logs and errors. */
  readonly chain: string;
  readonly chainId: number;
  /** Of different operators and, better, different clients: two endpoints of one operator are one provider. */
  readonly providers: readonly Provider[];
  /** How many must agree; more than half. */
  readonly quorum: number;
  /** Allows a quorum of one. Whoever controls that provider controls what is believed. */
  readonly unsafe?: boolean;
  /** Most milliseconds one provider may take; 5 s unless told. */
  readonly timeoutMs?: number;
  readonly log: Log;
  /**
   * Told of contradictions, with each provider's raw answer, also where a minority was outvoted; of the lane going on after one; and of
   * providers that stop or begin to answer.
   */
  readonly onEvent?: (event: QuorumEvent) => void;
}

const DEFAULT_TIMEOUT_MS = 5_000;

/** A viem client that also tells how its providers do. */
export type QuorumClient = PublicClient & { readonly providers: () => readonly ProviderStanding[] };

/**
 * A viem client that believes only what `quorum` providers say, see `callClasses` for how each method is decided. Providers may be down at
 * start and later, as long as enough answer. Methods outside that table are not served.
 *
 * Its actions reject with the HeraldError itself where there is one: CHAIN_QUORUM_DISAGREEMENT, CHAIN_QUORUM_UNAVAILABLE,
 * CHAIN_WRONG_CHAIN, CHAIN_CALL_UNSUPPORTED; reverts and other refusals the providers agree on stay viem errors.
 * @throws HeraldError CHAIN_QUORUM_INVALID
 */
export function createQuorumClient(parameters: QuorumParameters): QuorumClient {
  const { chain, chainId, quorum, log, onEvent } = parameters;
  checkQuorum(parameters);
  const timeoutMs = parameters.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const providers = parameters.providers.map((provider) => openProvider(provider, chainId, timeoutMs));
  const request = quorumRequest({ chain, chainId, quorum, providers, log, onEvent });
  const client = toPublicClient(chain, chainId, request);
  return Object.assign(client, { providers: () => providers.map((provider) => provider.standing) });
}

function checkQuorum({ chain, providers, quorum, unsafe }: QuorumParameters): void {
  const count = providers.length;
  const distinct = (keys: readonly unknown[]) => new Set(keys).size === count;
  const problem =
    !Number.isInteger(quorum) || quorum < 1 || quorum > count
      ? "the quorum is not between 1 and the number of providers"
      : quorum * 2 <= count
        ? "the quorum is not more than half of the providers"
        : quorum === 1 && unsafe !== true
          ? "a quorum of one needs the setting `unsafe`"
          : !distinct(providers.map((it) => it.name)) || !distinct(providers.map((it) => it.url ?? it.transport))
            ? "two providers share a name or a URL"
            : undefined;
  if (problem === undefined) return;
  throw new HeraldError({
    code: "CHAIN_QUORUM_INVALID",
    message: "The providers of a chain cannot form a quorum.",
    facts: { chain, problem, quorum, providers: providers.map((it) => it.name) },
    fix: "Configure more than half of two or more independent providers.",
    actor: "operator",
    retry: "never",
  });
}
