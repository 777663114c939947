import { type Hex, keccak256 } from "viem";
import type { Answer, Refusal } from "./answer.js";
import type { Decide } from "./askProviders.js";
import { type Question, quorumUnavailable, refusalError } from "./quorumErrors.js";

// geth, erigon and reth, Nethermind, Besu, Parity's heirs, anvil.
const ALREADY_KNOWN =
  /already known|known transaction|AlreadyKnown|already imported|already exists|already in (the )?(mem|tx)?pool/i;

// What says why this transaction is refused, most telling first; anything else comes after it.
const TELLING = [
  /nonce too low|nonce is too low|invalid nonce|OldNonce/i,
  /insufficient funds|insufficient balance/i,
  /underpriced|fee too low|less than block base fee|max fee per gas/i,
  /nonce too high|nonce gap/i,
  /gas limit|intrinsic gas/i,
];

/**
 * Success as soon as one provider takes the transaction or has it already; the others get it all the same. If none does, the caller gets
 * the refusal that tells most. A refusal beside a provider that did not answer leaves open whether that one took it.
 */
export function firstAcceptance(question: Question, raw: Hex): Decide<unknown> {
  return (answers, pending) => {
    // The hash is our own: a provider's word for it is not needed.
    if (answers.some(isAccepted)) return { value: keccak256(raw), settled: true };
    if (pending > 0) return undefined;
    const refusals = answers.filter((answer) => answer.kind === "refusal").sort((a, b) => rank(a) - rank(b));
    throw refusals[0] === undefined ? quorumUnavailable(question, answers) : refusalError(question, refusals[0]);
  };
}

function isAccepted(answer: Answer): boolean {
  if (answer.kind === "refusal") return ALREADY_KNOWN.test(answer.message);
  return answer.kind === "result" && typeof answer.value === "string";
}

function rank(refusal: Refusal): number {
  const index = TELLING.findIndex((pattern) => pattern.test(refusal.message));
  return index === -1 ? TELLING.length : index;
}
