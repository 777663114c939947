import { formatFact, isHeraldError } from "@herald/wire/errors";

const statuses: Readonly<Record<string, number>> = {
  WORKER_CALL_MALFORMED: 400,
  WORKER_INPUT_MISMATCH: 400,
  WORKER_RELAYER_MISMATCH: 400,
  WORKER_NO_SUCH_PATH: 404,
  WORKER_WRONG_METHOD: 405,
  WORKER_CALL_TOO_LARGE: 413,
  WORKER_CALL_NOT_JSON: 415,
  WORKER_BUSY: 503,
  WORKER_STOPPING: 503,
};

/** A refusal as HTTP: the status, and Infernet's error object as the body. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly code: string; readonly name: string; readonly description: string };
}

/** How an error is told to the caller. What is not one of ours stays inside: the caller learns only that the fault is here. */
export function refusalOf(error: unknown): Refusal {
  if (!isHeraldError(error) || statuses[error.code] === undefined) {
    const body = { code: "500", name: "WORKER_FAILED", description: "The worker could not answer; its log says why." };
    return { status: 500, headers: {}, body };
  }
  const status = statuses[error.code] ?? 500;
  const facts = Object.entries(error.facts).map(([name, value]) => `${name} ${formatFact(value)}`);
  const seconds = typeof error.retry === "object" ? Math.ceil(error.retry.afterMs / 1000) : 1;
  return {
    status,
    headers: {
      ...(status === 503 && { "retry-after": String(seconds) }),
      ...(status === 405 && { allow: formatFact(error.facts.expected) }),
      // The rest of a body too long to read is not waited for.
      ...(status === 413 && { connection: "close" }),
    },
    body: {
      code: String(status),
      name: error.code,
      description: [error.message, ...facts].join(" | ").slice(0, 1_000),
    },
  };
}
