import type { Disagreement } from "@herald/chains/quorum/quorumEvents";
import type { Log } from "@herald/wire/log";
import type { Store } from "../store/openStore.js";
import type { RequestIndex } from "../store/requestIndex.js";
import type { SqlSpans } from "../store/sqlSpans.js";
import type { Health } from "./health.js";

/** What the parts of a relayer share. */
export interface SharedParts {
  readonly store: Store;
  readonly index: RequestIndex;
  readonly spans: SqlSpans;
  readonly health: Health;
  readonly keepDisagreement: (evidence: Disagreement) => void;
  readonly log: Log;
  readonly signal: AbortSignal;
}
