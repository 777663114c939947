import { HeraldError } from "@herald/wire/errors";
import { BaseError, RpcRequestError } from "viem";
import { type Answer, describeAnswer, type Refusal } from "./answer.js";

/** A call put to all providers. */
export interface Question {
  readonly chain: string;
  readonly chainId: number;
  readonly quorum: number;
  readonly method: string;
  readonly params: readonly unknown[];
  /** Everything asked for the read this belongs to, and heard until it was decided; grows. */
  readonly asked: {
    readonly method: string;
    readonly params: readonly unknown[];
    readonly answers: readonly Answer[];
  }[];
}

function facts(question: Question, answers: readonly Answer[]): Record<string, unknown> {
  return {
    chain: question.chain,
    method: question.method,
    params: JSON.stringify(question.params).slice(0, 300),
    quorum: question.quorum,
    ...Object.fromEntries(answers.map((answer) => [`provider ${answer.provider}`, describeAnswer(answer)])),
  };
}

export function quorumDisagreement(question: Question, answers: readonly Answer[]): HeraldError {
  return new HeraldError({
    code: "CHAIN_QUORUM_DISAGREEMENT",
    message: "The providers of a chain contradict each other, so nothing is believed.",
    facts: facts(question, answers),
    fix: "Compare the kept answers with an independent source and replace the provider that is wrong; the lane resumes by itself.",
    actor: "operator",
    retry: { afterMs: 2_000 },
  });
}

/** Too few answers; names the wrong chain if that is why. */
export function quorumUnavailable(question: Question, answers: readonly Answer[]): HeraldError {
  if (answers.some((answer) => answer.kind === "wrongChain")) {
    return new HeraldError({
      code: "CHAIN_WRONG_CHAIN",
      message: "A provider serves another chain than the configured one.",
      facts: { ...facts(question, answers), expectedChainId: question.chainId },
      fix: "Correct the provider's URL or the chain id in the configuration.",
      actor: "operator",
      retry: { afterMs: 5_000 },
    });
  }
  return new HeraldError({
    code: "CHAIN_QUORUM_UNAVAILABLE",
    message: "Too few providers of a chain answered.",
    facts: facts(question, answers),
    fix: "Wait, or look after the providers that do not answer; nothing is believed on fewer.",
    actor: "upstream",
    retry: { afterMs: 1_000 },
  });
}

export function callUnsupported(question: Question, fix: string): HeraldError {
  return new HeraldError({
    code: "CHAIN_CALL_UNSUPPORTED",
    message: "This call cannot be answered by a quorum.",
    facts: facts(question, []),
    fix,
    actor: "bug",
    retry: "never",
  });
}

/** A refusal in viem's own form, so that its actions recognise reverts and their data. */
export function refusalError(question: Question, refusal: Refusal): RpcRequestError {
  return new RpcRequestError({
    body: { method: question.method, params: question.params },
    error: { code: refusal.code, message: refusal.message, data: refusal.data },
    url: `${question.chain}, provider ${refusal.provider}`,
  });
}

/** viem wraps what its transport throws; this finds the Herald error again, or returns what it was given. */
export function unwrapHeraldError(error: unknown): unknown {
  if (!(error instanceof BaseError)) return error;
  return error.walk((cause) => cause instanceof HeraldError) ?? error;
}
