import { attestedVerifierAbi } from "@herald/wire/abi/AttestedVerifier";
import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { resultHubAbi } from "@herald/wire/abi/ResultHub";
import { workerSetsAbi } from "@herald/wire/abi/WorkerSets";
import { formatFact, HeraldError, isHeraldError } from "@herald/wire/errors";
import { type Address, decodeErrorResult, type Hex, isHex, type PublicClient, size, slice } from "viem";
import { broadcastOutcome } from "./broadcastOutcome.js";
import { causes, errorText } from "./errorText.js";

/**
 * Room above the estimate: an estimate is the least gas that worked in one state, and 63/64 of it is what a callee gets. The official
 * relayer adds the same (hyperlane-monorepo, rust/main/chains/hyperlane-ethereum: 11/10 and 75 000).
 */
const GAS_MARGIN = 75_000n;

/** Errors of our own contracts, so that their reverts have names; `Error(string)` and `Panic` viem knows. */
const knownErrors = [...inferenceGatewayAbi, ...resultHubAbi, ...workerSetsAbi, ...attestedVerifierAbi].filter(
  (item) => item.type === "error",
);

export interface Call {
  readonly id: string;
  readonly to: Address;
  readonly data: Hex;
  /** Wei. */
  readonly value?: bigint;
}

/**
 * Runs a call against the chain's state without sending it and returns a gas limit for it.
 * @throws HeraldError SEND_REVERTED, SEND_UNFUNDED, SEND_CHAIN_UNREACHABLE; what the provider quorum refused, unchanged
 */
export async function simulate(client: PublicClient, chain: string, sender: Address, call: Call): Promise<bigint> {
  try {
    // `prepare: false` and a bare address: viem would otherwise look up nonce and fees nobody needs here.
    const gas = await client.estimateGas({
      account: sender,
      to: call.to,
      data: call.data,
      value: call.value ?? 0n,
      prepare: false,
    });
    return (gas * 11n) / 10n + GAS_MARGIN;
  } catch (error) {
    throw simulationError(error, { chain, sender, id: call.id, to: call.to });
  }
}

function simulationError(error: unknown, facts: Record<string, unknown>): HeraldError {
  const data = revertData(error);
  const text = errorText(error);
  if (data === undefined && broadcastOutcome(error) === "unfunded") return unfunded(facts, error);
  if (data !== undefined || /revert|out of gas|outofgas|gas required exceeds|invalid opcode/i.test(text)) {
    return new HeraldError({
      code: "SEND_REVERTED",
      message: "The transaction would revert, so it was not sent.",
      facts: { ...facts, reason: data === undefined ? text.slice(0, 300) : revertReason(data), revertData: data },
      fix: "See the reason; it may pass once the state it depends on has changed.",
      actor: "upstream",
      retry: { afterMs: 1_000 },
      cause: error,
    });
  }
  return unreachable(facts, error);
}

/** The error for a call to the chain that was not answered; the provider quorum's own error where there is one. */
export function unreachable(facts: Record<string, unknown>, error: unknown): HeraldError {
  const own = [...causes(error)].find(isHeraldError);
  return (
    own ??
    new HeraldError({
      code: "SEND_CHAIN_UNREACHABLE",
      message: "The chain's providers did not answer.",
      facts: { ...facts, reason: errorText(error).slice(0, 300) },
      fix: "Check the chain's RPC providers.",
      actor: "upstream",
      retry: { afterMs: 1_000 },
      cause: error,
    })
  );
}

/** The error for an account that cannot pay. */
export function unfunded(facts: Record<string, unknown>, error: unknown): HeraldError {
  return new HeraldError({
    code: "SEND_UNFUNDED",
    message: "The sending account cannot pay for the transaction.",
    facts: { ...facts, reason: errorText(error).slice(0, 300) },
    fix: "Fund the account; what is already signed goes out by itself then.",
    actor: "operator",
    retry: { afterMs: 10_000 },
  });
}

/** Revert data, wherever the provider put it; the longest, since wrappers may repeat only its beginning. */
export function revertData(error: unknown): Hex | undefined {
  const found: Hex[] = [];
  for (const cause of causes(error)) {
    let data: unknown = "data" in cause ? cause.data : undefined;
    while (typeof data === "object" && data !== null && "data" in data) data = data.data;
    if (isHex(data) && size(data) >= 4) found.push(data);
  }
  return found.sort((a, b) => b.length - a.length)[0];
}

/** A revert in words: `Error(string)` as its text, errors of our contracts with their arguments, others as their selector. */
export function revertReason(data: Hex): string {
  try {
    const decoded = decodeErrorResult({ abi: knownErrors, data });
    const errorName: string = decoded.errorName;
    const values: readonly unknown[] = decoded.args ?? [];
    if (errorName === "Error") return formatFact(values[0]);
    return `${errorName}(${values.map(formatFact).join(", ")})`;
  } catch {
    return `unknown error ${slice(data, 0, 4)}`;
  }
}
