import { formatFact, isHeraldError } from "@herald/wire/errors";
import { ApplicationFailure } from "@temporalio/common";
import type { FailureDetails } from "../flows/failure.js";

/** The one place where our errors become Temporal's: the code is the type, the facts travel as strings. */
export function toApplicationFailure(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  if (!isHeraldError(error)) {
    return ApplicationFailure.create({
      message: error instanceof Error ? error.message : String(error),
      type: "FLOW_ACTIVITY_FAILED",
      ...(error instanceof Error ? { cause: error } : {}),
    });
  }
  const details: FailureDetails = {
    actor: error.actor,
    facts: Object.fromEntries(Object.entries(error.facts).map(([name, value]) => [name, formatFact(value)])),
    fix: error.fix ?? null,
    retryAfterMs: typeof error.retry === "object" ? error.retry.afterMs : null,
  };
  return ApplicationFailure.create({
    message: error.message,
    type: error.code,
    nonRetryable: error.retry === "never",
    details: [details],
    cause: error,
  });
}
