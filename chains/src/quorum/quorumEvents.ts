import { redactUrl } from "@herald/wire/errors";
import { type Answer, describeAnswer } from "./answer.js";
import type { Question } from "./quorumErrors.js";

interface AboutQuestion {
  readonly chain: string;
  readonly method: string;
  readonly params: readonly unknown[];
  /** Unix milliseconds. */
  readonly at: number;
}

/** Providers contradicted each other; everything they said, as it arrived. */
export interface Disagreement extends AboutQuestion {
  readonly type: "disagreement";
  /** True where enough providers agreed all the same and only a minority said otherwise. */
  readonly outvoted: boolean;
  /** True where nothing more is read from this chain until the providers no longer contradict each other here. */
  readonly holdsLane: boolean;
  readonly answers: readonly { readonly provider: string; readonly url: string; readonly raw: string }[];
}

/** The lane that a disagreement held goes on. */
export interface Agreement extends AboutQuestion {
  readonly type: "agreement";
  readonly heldMs: number;
}

/** A provider stopped or began to answer; told once per change. */
export interface ProviderChange {
  readonly type: "provider";
  readonly chain: string;
  readonly provider: string;
  /** Unix milliseconds. */
  readonly at: number;
  readonly state: "answers" | "unreachable" | "limited" | "wrongChain";
  /** What it answered last, in a few words. */
  readonly reason: string;
  /** The call that showed it. */
  readonly method: string;
  /** How long it wants to be left alone, where it says so. */
  readonly retryAfterMs: number | undefined;
}

/** A provider answers `safe` or `finalized` with its latest block, see `TagAliases`. */
export interface TagAlias {
  readonly type: "tagAlias";
  readonly chain: string;
  readonly provider: string;
  /** Unix milliseconds. */
  readonly at: number;
  readonly tag: string;
  /** The block it gave last. */
  readonly number: number;
}

/** What a quorum client tells. */
export type QuorumEvent = Disagreement | Agreement | ProviderChange | TagAlias;

export function toDisagreement(
  { chain, method, params }: Question,
  answers: readonly Answer[],
  urls: ReadonlyMap<string, string>,
  more: Pick<Disagreement, "outvoted" | "holdsLane">,
): Disagreement {
  return {
    type: "disagreement",
    chain,
    method,
    params,
    at: Date.now(),
    ...more,
    answers: answers.map((answer) => ({
      provider: answer.provider,
      url: redactUrl(urls.get(answer.provider) ?? ""),
      raw: answer.raw() || describeAnswer(answer),
    })),
  };
}
