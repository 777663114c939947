/** Who has to do something about an error. */
export type ErrorActor = "user" | "operator" | "upstream" | "bug";

/** When trying again makes sense. */
export type RetryAdvice = "now" | "never" | { readonly afterMs: number };

/** What an error is made of; `code` is `AREA_CONDITION`, never renamed and never reused. */
export interface HeraldErrorParameters {
  readonly code: string;
  /** One sentence without values, ending with a period. */
  readonly message: string;
  /** Ordered facts (request id, chain, transaction, heights, both sides of a comparison). */
  readonly facts?: Readonly<Record<string, unknown>>;
  /** One imperative sentence for the one who must act. */
  readonly fix?: string;
  readonly actor: ErrorActor;
  readonly retry: RetryAdvice;
  readonly cause?: unknown;
}

/**
 * The base of every error Herald throws. Recognise errors by `code`, not by class: they cross process and sandbox boundaries, where
 * classes do not survive.
 */
export class HeraldError extends Error {
  readonly code: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly fix: string | undefined;
  readonly actor: ErrorActor;
  readonly retry: RetryAdvice;

  constructor(parameters: HeraldErrorParameters) {
    super(parameters.message, parameters.cause === undefined ? undefined : { cause: parameters.cause });
    this.name = "HeraldError";
    this.code = parameters.code;
    this.facts = parameters.facts ?? {};
    this.fix = parameters.fix;
    this.actor = parameters.actor;
    this.retry = parameters.retry;
  }
}

/** True for a Herald error, also one from another copy of this module. */
export function isHeraldError(error: unknown): error is HeraldError {
  return error instanceof Error && error.name === "HeraldError" && "code" in error && "actor" in error;
}

/** The code of a Herald error, or undefined. */
export function errorCode(error: unknown): string | undefined {
  return isHeraldError(error) ? error.code : undefined;
}

/** Removes credentials a URL may carry (user info, query string, path tokens of 20 characters and more). */
export function redactUrl(url: string): string {
  try {
    const parsed = new URL(url);
    parsed.username = "";
    parsed.password = "";
    parsed.search = parsed.search === "" ? "" : "?***";
    parsed.pathname = parsed.pathname.replace(/[A-Za-z0-9_-]{20,}/g, "***");
    return parsed.toString();
  } catch {
    return "(not a URL)";
  }
}

/** One fact as text: bigints in decimal, objects as JSON. */
export function formatFact(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "bigint" || typeof value === "number" || typeof value === "boolean") return String(value);
  if (value === undefined) return "(none)";
  return (
    JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? inner.toString() : inner)) ?? "(none)"
  );
}

/** Renders an error for a terminal: code and sentence, aligned facts, fix, causes. */
export function formatError(error: unknown): string {
  if (!isHeraldError(error)) return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const lines = [`${error.code}  ${error.message}`];
  const facts = Object.entries(error.facts);
  const width = Math.max(0, ...facts.map(([name]) => name.length));
  if (facts.length > 0)
    lines.push("", ...facts.map(([name, value]) => `  ${name.padEnd(width)}  ${formatFact(value)}`));
  if (error.fix !== undefined) lines.push("", `Fix: ${error.fix}`);
  if (error.cause !== undefined) lines.push(`Cause: ${formatError(error.cause).replaceAll("\n", "\n  ")}`);
  return lines.join("\n");
}
