import { formatError, type HeraldError } from "@herald/wire/errors";
import type { Log } from "@herald/wire/log";
import { type Answer, describeAnswer } from "./answer.js";
import type { AskedProvider } from "./provider/jsonRpcProvider.js";
import type { Question } from "./quorumErrors.js";
import { type ProviderChange, type QuorumEvent, toDisagreement } from "./quorumEvents.js";

/** Between two log lines about disagreement; every one is still handed to `onEvent`. */
const QUIET_MS = 10_000;
/** Longest raw answer in a log line; `onEvent` gets the whole. */
const LOGGED_RAW = 2_000;

/** Tells operators what the providers do: contradictions with their evidence, and who stopped or began to answer. */
export class QuorumJournal {
  readonly #log: Log;
  readonly #urls: ReadonlyMap<string, string>;
  readonly #onEvent: ((event: QuorumEvent) => void) | undefined;
  readonly #states = new Map<string, ProviderChange["state"]>();
  #quietUntil = 0;

  constructor(log: Log, providers: readonly AskedProvider[], onEvent: ((event: QuorumEvent) => void) | undefined) {
    this.#log = log;
    this.#urls = new Map(providers.map((provider) => [provider.name, provider.url]));
    this.#onEvent = onEvent;
  }

  /** `error` is what the caller got; without one the others agreed and a minority was outvoted. */
  noteDisagreement(question: Question, answers: readonly Answer[], error?: HeraldError, holdsLane = false): void {
    const evidence = toDisagreement(question, answers, this.#urls, { outvoted: error === undefined, holdsLane });
    this.#tell(evidence);
    if (Date.now() < this.#quietUntil) return;
    this.#quietUntil = Date.now() + QUIET_MS;
    const raw = evidence.answers.map((it) => ({ ...it, raw: it.raw.slice(0, LOGGED_RAW) }));
    const fields = { method: question.method, params: question.params, answers: raw };
    if (error === undefined) this.#log.warn("A provider was outvoted by the others.", fields);
    else this.#log.error("The providers disagree.", { ...fields, holdsLane, error: formatError(error) });
  }

  /** What was contradicted is no longer, so the lane goes on. */
  noteAgreement({ chain, method, params }: Question, heldMs: number): void {
    this.#quietUntil = 0;
    this.#tell({ type: "agreement", chain, method, params, at: Date.now(), heldMs });
    this.#log.info("The providers agree again.", { method, heldMs });
  }

  /** Once per change: a provider that does not answer at all, serves another chain, limits us, or is back. */
  notePresence({ chain, method }: Question, answers: readonly Answer[]): void {
    for (const answer of answers) {
      const state = stateOf(answer);
      if (state === undefined || state === (this.#states.get(answer.provider) ?? "answers")) continue;
      this.#states.set(answer.provider, state);
      const { provider } = answer;
      const reason = describeAnswer(answer);
      const retryAfterMs = answer.kind === "silence" ? answer.retryAfterMs : undefined;
      this.#tell({ type: "provider", chain, provider, at: Date.now(), state, reason, method, retryAfterMs });
      const fields = { provider, answer: reason, method };
      if (state === "wrongChain") this.#log.error("A provider serves another chain.", fields);
      else if (state === "unreachable") this.#log.warn("A provider does not answer.", fields);
      else if (state === "limited") this.#log.warn("A provider limits how often it is asked.", fields);
      else this.#log.info("A provider answers again.", { provider });
    }
  }

  noteTagAlias(chain: string, provider: string, tag: string, number: bigint): void {
    this.#tell({ type: "tagAlias", chain, provider, at: Date.now(), tag, number: Number(number) });
    this.#log.warn("A provider gives its latest block where a final one is asked for.", { provider, tag, number });
  }

  #tell(event: QuorumEvent): void {
    try {
      this.#onEvent?.(event);
    } catch (cause) {
      // Whoever keeps the evidence must not be able to turn a contradiction into a crash.
      this.#log.error("An event of the provider quorum could not be kept.", { error: formatError(cause) });
    }
  }
}

/** Undefined where the answer says nothing about it: nobody asked, or the provider answered without knowing. */
function stateOf(answer: Answer): ProviderChange["state"] | undefined {
  if (answer.kind === "wrongChain") return "wrongChain";
  if (answer.kind !== "silence") return "answers";
  if (answer.cause === "spared") return undefined;
  return answer.cause === "unable" ? "answers" : answer.cause;
}
