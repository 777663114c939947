import { AsyncLocalStorage } from "node:async_hooks";
import { type Answer, describeAnswer } from "./answer.js";

/** One call as providers were asked it, and what each answered until the quorum decided. JSON-safe. */
export interface Exchange {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly answers: readonly {
    readonly provider: string;
    /** As it arrived; empty where nothing did, `silence` says why then. */
    readonly raw: string;
    readonly silence?: string;
  }[];
}

/** One read of a caller, with everything its answer rests on. JSON-safe. */
export interface RecordedRead {
  readonly chain: string;
  readonly method: string;
  readonly params: readonly unknown[];
  readonly exchanges: readonly Exchange[];
}

/** Takes the reads of a decision as they finish. Must not throw. */
export interface DecisionRecorder {
  read(read: RecordedRead): void;
}

// Which decision a read belongs to follows the calls, across every client they use; passing a recorder through viem's actions is impossible.
const recorders = new AsyncLocalStorage<DecisionRecorder>();

/**
 * Runs `decide`, and hands each read that it makes with any quorum client to `recorder`, also those that failed. Reads that were shared
 * with others are recorded for each of them.
 *
 * @example
 * const reads: RecordedRead[] = [];
 * const verdict = await recordDecision({ read: (it) => reads.push(it) }, () => decide(client));
 * const again = await decide(playbackClient({ chain: "base", chainId: 8453, quorum: 2, reads, log }));
 */
export function recordDecision<T>(recorder: DecisionRecorder, decide: () => Promise<T>): Promise<T> {
  return recorders.run(recorder, decide);
}

/** The recorder of the decision under way. */
export function currentRecorder(): DecisionRecorder | undefined {
  return recorders.getStore();
}

export function toExchange(method: string, params: readonly unknown[], answers: readonly Answer[]): Exchange {
  return {
    method,
    params,
    answers: answers.map((answer) => {
      const { provider } = answer;
      const raw = answer.raw();
      const unusable = answer.kind === "silence" || answer.kind === "wrongChain";
      return unusable ? { provider, raw, silence: describeAnswer(answer) } : { provider, raw };
    }),
  };
}
