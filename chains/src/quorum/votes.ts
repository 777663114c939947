import type { z } from "zod";
import { type Answer, isRevert, type Refusal } from "./answer.js";

/** One provider's answer in comparable form. A revert is an answer: it says what the chain would do. */
export interface Vote {
  readonly provider: string;
  readonly key: string;
  readonly value: unknown;
  readonly revert?: Refusal;
}

/** Answers are looked at again with each one that comes in; what they say is read once. */
const read = new WeakMap<Answer, { readonly form: z.ZodType; readonly votes: readonly Vote[] }>();

/** The answers that can be compared. A result of another form than `form` counts as no answer. */
export function toVotes(answers: readonly Answer[], form: z.ZodType, nullable = false): readonly Vote[] {
  return answers.flatMap((answer) => {
    if (answer.kind === "result" && answer.value === null && nullable) {
      return [{ provider: answer.provider, key: "null", value: null }];
    }
    const known = read.get(answer);
    if (known?.form === form) return known.votes;
    const votes = toVote(answer, form);
    read.set(answer, { form, votes });
    return votes;
  });
}

function toVote(answer: Answer, form: z.ZodType): readonly Vote[] {
  if (answer.kind === "refusal" && isRevert(answer.code, answer.message)) {
    const key = `revert ${JSON.stringify(answer.data ?? null).toLowerCase()}`;
    return [{ provider: answer.provider, key, value: undefined, revert: answer }];
  }
  if (answer.kind !== "result" || answer.value === null) return [];
  const parsed = form.safeParse(answer.value);
  return parsed.success ? [{ provider: answer.provider, key: JSON.stringify(parsed.data), value: parsed.data }] : [];
}

/** The m-th highest of numeric votes, or undefined with fewer than m. */
export function nthHighest(votes: readonly Vote[], m: number): Vote | undefined {
  return highestFirst(votes)[m - 1];
}

export function highestFirst(votes: readonly Vote[]): readonly Vote[] {
  return votes.toSorted((a, b) => ascending(b, a));
}

/** The largest set of votes that say the same. */
export function largestGroup(votes: readonly Vote[]): readonly Vote[] {
  const groups = new Map<string, Vote[]>();
  for (const vote of votes) groups.set(vote.key, [...(groups.get(vote.key) ?? []), vote]);
  return [...groups.values()].reduce((best, group) => (group.length > best.length ? group : best), []);
}

/** A vote for less, as far as `weaken` keeps it. */
export function weakened(vote: Vote, weaken: (value: unknown) => unknown): Vote {
  if (vote.revert !== undefined) return vote;
  const value = weaken(vote.value);
  return { ...vote, value, key: JSON.stringify(value) };
}

/** The number a vote is for. */
export function toBigInt(vote: Vote): bigint {
  return typeof vote.value === "string" ? BigInt(vote.value) : 0n;
}

/** Order of numeric votes. */
export function ascending(a: Vote, b: Vote): number {
  const [x, y] = [toBigInt(a), toBigInt(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}
