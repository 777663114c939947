import type { SignedAnswer } from "@herald/wire/answer";
import { HeraldError, isHeraldError, redactUrl } from "@herald/wire/errors";
import type { Log } from "@herald/wire/log";
import { requestIdOf } from "@herald/wire/typedData";
import type { Address, Hex } from "viem";
import {
  decodeAnswer,
  decodeRefusal,
  encodeCall,
  type InferenceCall,
  MAX_ANSWER_BYTES,
  SERVICE_OUTPUT_PATH,
} from "./containerProtocol.js";
import { verifyAnswer } from "./verifyAnswer.js";

/**
 * Asks one worker and returns its answer once everything in it is checked: request id, status, both hashes, relayer and signature.
 * @throws HeraldError WORKER_UNREACHABLE, WORKER_TIMEOUT, WORKER_CALL_ABORTED (the caller's signal), WORKER_BUSY (with the worker's
 * own advice when to come back), WORKER_REJECTED (it refuses the call: never again as it is), WORKER_FAILED (its own fault),
 * WORKER_ANSWER_TOO_LARGE, WORKER_ANSWER_MALFORMED, WORKER_ANSWER_MISMATCH, WORKER_WRONG_SIGNER; each names worker and request
 */
export async function requestInference(parameters: {
  /** Base URL of the worker, `http://host:port`. */
  readonly url: string;
  /** The key that must have signed. */
  readonly worker: Address;
  readonly call: InferenceCall;
  readonly signal: AbortSignal;
  /** For the whole exchange, in milliseconds. */
  readonly timeoutMs: number;
  readonly log: Log;
}): Promise<{ readonly output: Hex; readonly signed: SignedAnswer }> {
  const { url, worker, call, signal, timeoutMs, log } = parameters;
  const id = requestIdOf(call, call.terms);
  const facts = { requestId: id, worker, url: redactUrl(url) };
  const startedAt = Date.now();

  const { status, retryAfterMs, text } = await exchange(url, call, facts, signal, timeoutMs);
  const body = parseJson(text);
  const refusal = decodeRefusal(body);
  if (status !== 200 || refusal !== undefined) throw refused(facts, status, refusal, retryAfterMs);
  const found = decoded(body, facts);
  await verifyAnswer({ call, id, worker, found, facts });
  log.debug("A worker's answer was checked.", {
    ...facts,
    status: found.signed.answer.status,
    ms: Date.now() - startedAt,
  });
  return found;
}

type Facts = Readonly<Record<string, unknown>>;

async function exchange(url: string, call: InferenceCall, facts: Facts, signal: AbortSignal, timeoutMs: number) {
  // An own controller, cleaned up below: AbortSignal.any on a long-lived signal leaks on Node 20.
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, timeoutMs);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    const response = await fetch(new URL(SERVICE_OUTPUT_PATH, url), {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify(encodeCall(call)),
      redirect: "error",
      signal: controller.signal,
    });
    const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
    return {
      status: response.status,
      retryAfterMs: Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 300) * 1000 : undefined,
      text: await readBounded(response, facts),
    };
  } catch (cause) {
    if (isHeraldError(cause)) throw cause;
    if (signal.aborted) throw failure("WORKER_CALL_ABORTED", "A call to a worker was called off.", facts, cause);
    if (controller.signal.aborted) {
      throw failure("WORKER_TIMEOUT", "The worker did not answer in time.", { ...facts, timeoutMs }, cause);
    }
    throw failure("WORKER_UNREACHABLE", "The worker cannot be reached, or hung up.", facts, cause);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}

async function readBounded(response: Response, facts: Facts): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) {
      throw new HeraldError({
        code: "WORKER_ANSWER_TOO_LARGE",
        message: "The worker's answer is longer than any answer may be.",
        facts: { ...facts, limitBytes: MAX_ANSWER_BYTES },
        fix: "Check that the URL is a worker's.",
        actor: "operator",
        retry: { afterMs: 60_000 },
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function refused(
  facts: Facts,
  httpStatus: number,
  refusal: ReturnType<typeof decodeRefusal>,
  retryAfterMs: number | undefined,
): HeraldError {
  const status = httpStatus === 200 ? Number(refusal?.code) || 500 : httpStatus;
  const all = {
    ...facts,
    httpStatus: status,
    reason: printable(refusal?.name),
    detail: printable(refusal?.description),
  };
  if (status === 429 || status === 503) {
    const retry = { afterMs: retryAfterMs ?? 1_000 };
    return failure("WORKER_BUSY", "The worker has no room for another request now.", all, undefined, retry);
  }
  if (status >= 400 && status < 500) {
    return failure("WORKER_REJECTED", "The worker does not accept the request.", all, undefined, "never");
  }
  return failure("WORKER_FAILED", "The worker could not answer.", all);
}

function failure(
  code: string,
  message: string,
  facts: Facts,
  cause?: unknown,
  retry: HeraldError["retry"] = { afterMs: 2_000 },
): HeraldError {
  const actor = code === "WORKER_BUSY" || code === "WORKER_CALL_ABORTED" ? "upstream" : "operator";
  const fix = code === "WORKER_UNREACHABLE" ? "Check that the worker runs and that its URL is right." : undefined;
  return new HeraldError({ code, message, facts, actor, retry, cause, ...(fix !== undefined && { fix }) });
}

function decoded(body: unknown, facts: Facts) {
  try {
    return decodeAnswer(body);
  } catch (cause) {
    throw new HeraldError({
      code: "WORKER_ANSWER_MALFORMED",
      message: "The worker answered in a form this version does not know.",
      facts: { ...facts, ...(isHeraldError(cause) && { problem: cause.facts.problem }) },
      fix: "Check that the URL is a worker's and that its version fits this relayer's.",
      actor: "operator",
      retry: { afterMs: 60_000 },
      cause,
    });
  }
}

/** A stranger's words, short and on one line. */
function printable(text: string | undefined): string {
  return (text ?? "(none)").replace(/[^\x20-\x7e]+/g, " ").slice(0, 300);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
