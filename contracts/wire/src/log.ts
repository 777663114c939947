/** Values a log line may carry; bigints are printed as decimal strings by the sink. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Structured log sink handed to libraries. The message is a constant sentence; everything variable is a field.
 * error = a human must act, warn = retried or degraded, info = a state changed, debug = a decision with its inputs.
 */
export interface Log {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /** A sink that adds `fields` to every line. */
  child(fields: LogFields): Log;
}

/** Drops everything; for tests and for callers that do not listen. */
export const silentLog: Log = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
  child: () => silentLog,
};
