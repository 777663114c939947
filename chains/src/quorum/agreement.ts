import { z } from "zod";
import { type Answer, silence } from "./answer.js";
import type { Decide } from "./askProviders.js";
import { quantity } from "./normalize.js";
import { type Question, quorumDisagreement, quorumUnavailable, refusalError } from "./quorumErrors.js";
import { ascending, largestGroup, nthHighest, toBigInt, toVotes, type Vote, weakened } from "./votes.js";

/** What makes two answers the same. */
export interface ExactRules {
  readonly form: z.ZodType;
  /** null means "not there yet" and contradicts nobody. */
  readonly nullable?: boolean;
  /** Compared a second time in this weaker form before answers count as contradicting. */
  readonly weaken?: (value: unknown) => unknown;
}

/**
 * m identical answers. null from some is "not there yet": the answer is null unless m have it. Two different answers that cannot reach m
 * any more are a contradiction.
 */
export function agreeExactly(question: Question, { form, nullable = false, weaken }: ExactRules): Decide<unknown> {
  return (answers, pending) => {
    const votes = toVotes(answers, form, nullable);
    const present = votes.filter((vote) => vote.key !== "null");
    const winner = largestGroup(present);
    if (winner.length >= question.quorum) return settle(question, winner[0]);
    if (pending > 0 && winner.length + pending >= question.quorum) return undefined;
    if (new Set(present.map((vote) => vote.key)).size > 1) {
      const weaker = weaken === undefined ? [] : largestGroup(present.map((vote) => weakened(vote, weaken)));
      if (weaker.length >= question.quorum) return settle(question, weaker[0]);
      throw quorumDisagreement(question, answers);
    }
    if (nullable && votes.length >= question.quorum) return { value: null, settled: true };
    if (pending > 0) return undefined;
    throw tooFew(question, answers, form);
  };
}

/** Who said something else than the m that agreed. */
export function outvotedProviders(
  question: Question,
  { form, weaken }: ExactRules,
  answers: readonly Answer[],
): readonly string[] {
  const votes = toVotes(answers, form).map((vote) => (weaken === undefined ? vote : weakened(vote, weaken)));
  const agreed = largestGroup(votes);
  if (agreed.length < question.quorum) return [];
  return votes.filter((vote) => vote.key !== agreed[0]?.key).map(({ provider }) => provider);
}

/** The highest number that at least m providers reach: one provider alone can neither raise it nor, where there are more than m, lower it. */
export function agreeReached(question: Question): Decide<unknown> {
  return (answers, pending) => {
    const numbers = toVotes(answers, quantity).filter((vote) => vote.revert === undefined);
    const reached = nthHighest(numbers, question.quorum);
    if (reached !== undefined)
      return { value: reached.value, settled: largestGroup(numbers).length === numbers.length };
    if (pending > 0) return undefined;
    throw tooFew(question, answers, quantity);
  };
}

/** Estimates by honest providers lie this close together. */
const ESTIMATE_SPREAD = { numerator: 5n, denominator: 4n };

/**
 * Gas: the largest of m estimates within a quarter of each other. A lone provider can push it up by that quarter at most; estimates further
 * apart are a contradiction. A revert must be agreed on like any answer.
 */
export function agreeEstimate(question: Question): Decide<unknown> {
  return (answers, pending) => {
    const votes = toVotes(answers, quantity);
    const reverts = largestGroup(votes.filter((vote) => vote.revert !== undefined));
    if (reverts.length >= question.quorum) return settle(question, reverts[0]);
    const sorted = votes.filter((vote) => vote.revert === undefined).sort(ascending);
    for (const [index, low] of sorted.entries()) {
      const high = sorted[index + question.quorum - 1];
      if (high === undefined) break;
      if (toBigInt(high) * ESTIMATE_SPREAD.denominator <= toBigInt(low) * ESTIMATE_SPREAD.numerator) {
        return { value: high.value, settled: true };
      }
    }
    if (pending > 0) return undefined;
    if (votes.length >= question.quorum) throw quorumDisagreement(question, answers);
    throw tooFew(question, answers, quantity);
  };
}

/** Not enough answers to compare: if m refused, their words go to the caller, otherwise providers are missing. */
export function tooFew(question: Question, answers: readonly Answer[], form: z.ZodType): Error {
  const refusals = answers.filter((answer) => answer.kind === "refusal");
  const [first] = refusals;
  if (first !== undefined && refusals.length >= question.quorum) return refusalError(question, first);
  const screened = answers.map((answer): Answer => {
    const problem = answer.kind === "result" ? form.safeParse(answer.value).error : undefined;
    if (problem === undefined) return answer;
    return silence(answer.provider, "unable", `not an answer to the call: ${z.prettifyError(problem)}`, answer.raw);
  });
  return quorumUnavailable(question, screened);
}

function settle(question: Question, vote: Vote | undefined): { value: unknown; settled: true } {
  if (vote?.revert !== undefined) throw refusalError(question, vote.revert);
  return { value: vote?.value, settled: true };
}
