import type { Matchable } from "@herald/chains/hyperlane/matchingList";
import { inputModes, outputModes, type Terms } from "@herald/wire/terms";
import { type Address, type Hex, pad } from "viem";
import type { OriginConfig, RelayerConfig } from "../config/relayerConfig.js";
import type { RouteFilters } from "../config/routeFilters.js";
import type { Admission } from "../store/applyStep.js";
import { filterRefusal } from "./filterRefusal.js";

/** Stands for any relayer, and for the chain's native token. */
const ZERO = "0x0000000000000000000000000000000000000000";

/**
 * Which requests this relayer serves, by its configuration and by the filters in force when it decides. The gateway has checked fees and
 * times already; a refusal is a sentence for whoever asks why.
 */
export function createAdmission(
  config: Pick<RelayerConfig, "origins" | "payee"> & { readonly hub: Pick<RelayerConfig["hub"], "domain"> },
  filters: () => RouteFilters,
): Admission {
  return (request) => {
    const { chain, terms, observedAt, topUp } = request;
    const origin = config.origins[chain];
    if (origin === undefined) return `This relayer does not serve ${chain}.`;
    if (!origin.policies.includes(terms.policyId)) {
      return `Policy ${terms.policyId} is not among those this relayer serves on ${chain} (${origin.policies.join(", ")}).`;
    }
    if (terms.inputMode !== inputModes.inline) return "This relayer serves inline inputs only.";
    if (terms.outputMode !== outputModes.inline && terms.outputMode !== outputModes.hash) {
      return "This relayer serves outputs inline or by their hash only.";
    }
    const unpaid = feeRefusal(origin, chain, terms, topUp);
    if (unpaid !== null) return unpaid;
    if (isOtherRelayer(terms, config.payee)) return `Its terms name another relayer, ${terms.relayer}.`;
    if (terms.deadline * 1000 <= observedAt) return "Its closing time had passed when it was seen.";
    return filterRefusal(filters(), asMessage(request, origin.domain, config.hub.domain));
  };
}

/** What filters match of a request: it goes from its consumer's chain to the hub, as far as they are concerned. */
function asMessage({ requestId, terms, input }: Parameters<Admission>[0], origin: number, hub: number): Matchable {
  const word = (address: Address): Hex => pad(lower(address), { size: 32 });
  return {
    messageId: lower(requestId),
    origin,
    sender: word(terms.requester),
    destination: hub,
    recipient: word(terms.consumer),
    body: lower(input),
  };
}

function lower(hex: string): Hex {
  return `0x${hex.slice(2).toLowerCase()}`;
}

/** Amounts are in the token's smallest unit: nobody here knows what a token is worth, or how many decimals it has. */
function feeRefusal(origin: OriginConfig, chain: string, terms: Terms, topUp: bigint): string | null {
  if (terms.feeToken === ZERO) return null;
  const token = origin.feeTokens.find((it) => it.token.toLowerCase() === terms.feeToken.toLowerCase());
  if (token === undefined) {
    return `Fees in the token ${terms.feeToken} are not among those this relayer takes on ${chain}.`;
  }
  const offered = terms.relayFee + topUp;
  if (offered >= token.minRelayFee) return null;
  return `Its relay fee is ${offered} of the token ${terms.feeToken}; this relayer asks ${token.minRelayFee} at least.`;
}

function isOtherRelayer(terms: Terms, payee: string): boolean {
  return terms.relayer !== ZERO && terms.relayer.toLowerCase() !== payee.toLowerCase();
}
