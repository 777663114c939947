import type { ErrorActor } from "@herald/wire/errors";
import { ApplicationFailure, rootCause } from "@temporalio/workflow";

/** A failed activity, in the words of the status query. */
export interface Failure {
  readonly code: string;
  readonly reason: string;
  readonly actor: ErrorActor;
  /** What the actor can do. */
  readonly fix: string | null;
  /** Trying again cannot help. */
  readonly permanent: boolean;
  readonly retryAfterMs: number | null;
}

/** What activities put into `ApplicationFailure.details[0]`. */
export interface FailureDetails {
  readonly actor: ErrorActor;
  readonly facts: Readonly<Record<string, string>>;
  readonly fix: string | null;
  readonly retryAfterMs: number | null;
}

/** Reads an activity's failure back; a failure that is not one of ours is a bug of ours, and tried again. */
export function describeFailure(error: unknown): Failure {
  const failure = findApplicationFailure(error);
  if (failure === undefined) {
    return {
      code: "FLOW_ACTIVITY_FAILED",
      reason: rootCause(error) ?? String(error),
      actor: "bug",
      fix: null,
      permanent: false,
      retryAfterMs: null,
    };
  }
  // CAST: written by `toApplicationFailure`, the only place activities fail through.
  const details = failure.details?.[0] as FailureDetails | undefined;
  const facts = Object.entries(details?.facts ?? {}).map(([name, value]) => `${name} ${value}`);
  return {
    code: failure.type ?? "FLOW_ACTIVITY_FAILED",
    reason: facts.length === 0 ? failure.message : `${failure.message} (${facts.join(", ")})`,
    actor: details?.actor ?? "bug",
    fix: details?.fix ?? null,
    permanent: failure.nonRetryable === true,
    retryAfterMs: details?.retryAfterMs ?? null,
  };
}

/** Every attempt leaves about ten events in the history: five minutes apart, a day of them stays under 4,000. */
const LONGEST_DELAY_MS = 300_000;

/** 1, 2, 4 … seconds up to five minutes, and no sooner than the failure asks for. */
export function retryDelayMs(attempt: number, failure: Failure): number {
  return Math.max(failure.retryAfterMs ?? 0, Math.min(LONGEST_DELAY_MS, 1_000 * 2 ** Math.min(attempt - 1, 9)));
}

function findApplicationFailure(error: unknown): ApplicationFailure | undefined {
  for (let it: unknown = error; it instanceof Error; it = it.cause) {
    if (it instanceof ApplicationFailure) return it;
  }
  return undefined;
}
