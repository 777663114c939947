/** Time a request spent waiting for something that is not Herald. */
export type Outside = "model" | "block" | "celestia" | "validators";

/** Keeps such times, so that Herald's own share of a round trip can be told from the rest. */
export interface SpanRecorder {
  record(requestIds: readonly string[], what: Outside, fromMs: number, toMs: number): Promise<void>;
}
