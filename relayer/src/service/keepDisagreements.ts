import { appendFileSync, statSync } from "node:fs";
import type { Disagreement } from "@herald/chains/quorum/quorumEvents";
import { formatError } from "@herald/wire/errors";
import type { Log } from "@herald/wire/log";

/** A liar can make a great many disagreements; the first of them are the evidence. */
const MAX_BYTES = 64 * 1024 * 1024;

/** Keeps what each provider answered when they contradicted each other, one JSON line each, beside the database. */
export function keepDisagreements(file: string, log: Log): (evidence: Disagreement) => void {
  return (evidence) => {
    try {
      const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
      if (size < MAX_BYTES) appendFileSync(file, `${JSON.stringify(evidence)}\n`, { mode: 0o600 });
    } catch (error) {
      log.error("The evidence of a disagreement could not be kept.", { file, error: formatError(error) });
    }
  };
}
