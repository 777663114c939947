import { z } from "zod";
import { agreeExactly, tooFew } from "./agreement.js";
import type { Decide } from "./askProviders.js";
import { block, quantity } from "./normalize.js";
import { type Question, quorumUnavailable } from "./quorumErrors.js";
import { highestFirst, largestGroup, toVotes, type Vote } from "./votes.js";

const numbered = z.object({ number: quantity });

/** What the providers say of a tag: the same block, or the numbers that m of them and more have reached under it, highest first. */
export type TaggedBlock = { readonly block: unknown } | { readonly numbers: readonly string[] };

/**
 * First half of reading `latest`, `safe` or `finalized`. Providers are rarely at the same block, so where they differ only the number is
 * taken from here and the block itself is then asked for by number.
 */
export function agreeTag(question: Question): Decide<TaggedBlock> {
  return (answers, pending) => {
    const votes = toVotes(answers, block);
    const same = largestGroup(votes);
    const [first] = same;
    if (first !== undefined && same.length >= question.quorum) return { value: { block: first.value }, settled: true };
    const numbers = highestFirst(votes.flatMap(toNumberVote)).flatMap(({ value }) => String(value));
    const reached = numbers.slice(question.quorum - 1);
    if (reached.length > 0) return { value: { numbers: [...new Set(reached)] }, settled: false };
    if (pending > 0) return undefined;
    throw tooFew(question, answers, block);
  };
}

/** Second half: the block m providers have at that number. */
export function agreeSharedBlock(question: Question): Decide<unknown> {
  const decide = agreeExactly(question, { form: block, nullable: true });
  return (answers, pending) => {
    const verdict = decide(answers, pending);
    // They said they have it, so "not there yet" means that too few answered truly; never "there is no such block".
    if (verdict?.value === null) throw quorumUnavailable(question, answers);
    return verdict;
  };
}

function toNumberVote(vote: Vote): Vote[] {
  const parsed = numbered.safeParse(vote.value);
  return parsed.success ? [{ ...vote, value: parsed.data.number }] : [];
}
