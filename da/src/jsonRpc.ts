import { HeraldError, redactUrl } from "@herald/wire/errors";
import { z } from "zod";
import { celestiaError } from "./celestiaError.js";

/** One celestia-node to talk to. */
export interface JsonRpcParameters {
  /** `http://host:26658` */
  readonly url: string;
  /** Bearer token; without one the node serves no data at all, unless it runs with `--rpc.skip-auth`. */
  readonly token?: string;
}

/** One call. celestia-node takes positional parameters only, optional ones included. */
export interface JsonRpcCall<Result> {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly result: z.ZodType<Result>;
  readonly timeoutMs: number;
}

const reply = z.object({
  result: z.unknown().optional(),
  error: z.object({ code: z.number(), message: z.string() }).nullish(),
});

/**
 * Calls celestia-node over HTTP and parses the result.
 * @throws HeraldError see `celestiaError`; DA_UNREACHABLE if nothing was sent; for `blob.Submit` DA_UNKNOWN_OUTCOME for a connection
 * that broke, a timeout or an abort; DA_TIMEOUT or DA_ABORTED for a read; DA_UNEXPECTED_RESPONSE for an answer of another form
 */
export async function jsonRpc<Result>(
  node: JsonRpcParameters,
  call: JsonRpcCall<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  const facts = { method: call.method, url: redactUrl(node.url) };
  const { status, body } = await exchange(node, call, facts, signal);
  // Application errors come with 200, protocol errors with 400 or 500, both with a body: so the body is read before the status.
  const parsed = reply.safeParse(parseJson(body));
  const error = parsed.data?.error;
  if (!parsed.success || error || status !== 200) {
    throw celestiaError({
      ...facts,
      text: error?.message ?? body,
      ...(error && { rpcCode: error.code }),
      httpStatus: status,
    });
  }
  const result = call.result.safeParse(parsed.data.result);
  if (result.success) return result.data;
  throw new HeraldError({
    code: "DA_UNEXPECTED_RESPONSE",
    message: "The Celestia node answered in a form this version does not know.",
    facts: { ...facts, problem: z.prettifyError(result.error).slice(0, 600) },
    actor: "operator",
    fix: "Check that the URL is a celestia-node's JSON-RPC and that its version is supported.",
    retry: { afterMs: 10_000 },
  });
}

async function exchange(
  node: JsonRpcParameters,
  { method, params, timeoutMs }: Omit<JsonRpcCall<unknown>, "result">,
  facts: Readonly<Record<string, unknown>>,
  signal: AbortSignal | undefined,
): Promise<{ status: number; body: string }> {
  // An own controller, cleaned up below: AbortSignal.any on a long-lived signal leaks on Node 20.
  const controller = new AbortController();
  const abort = () => controller.abort(signal?.reason);
  const timer = setTimeout(() => controller.abort(), timeoutMs);
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted) throw failure("DA_ABORTED");
  try {
    const response = await fetch(node.url, {
      method: "POST",
      headers: { "content-type": "application/json", ...(node.token && { authorization: `Bearer ${node.token}` }) },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      signal: controller.signal,
    });
    return { status: response.status, body: await response.text() };
  } catch (cause) {
    if (isNotConnected(cause)) throw failure("DA_UNREACHABLE", cause);
    if (method === "blob.Submit") throw failure("DA_UNKNOWN_OUTCOME", cause);
    if (signal?.aborted) throw failure("DA_ABORTED", cause);
    throw failure(controller.signal.aborted ? "DA_TIMEOUT" : "DA_UNREACHABLE", cause);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }

  function failure(code: keyof typeof messages, cause?: unknown): HeraldError {
    return new HeraldError({
      code,
      message: messages[code],
      facts: { ...facts, timeoutMs },
      actor: code === "DA_ABORTED" ? "operator" : "upstream",
      retry: { afterMs: 5_000 },
      cause,
    });
  }
}

const messages = {
  DA_UNREACHABLE: "The Celestia node cannot be reached.",
  DA_TIMEOUT: "The Celestia node did not answer in time.",
  DA_ABORTED: "A call to Celestia was called off.",
  DA_UNKNOWN_OUTCOME: "The connection ended during a submission to Celestia, which may or may not land.",
} as const;

/** True if the connection could not be made: then nothing was sent. */
function isNotConnected(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ("syscall" in at && (at.syscall === "connect" || at.syscall === "getaddrinfo")) return true;
    if ("code" in at && at.code === "UND_ERR_CONNECT_TIMEOUT") return true;
    // With several addresses to try, fetch reports one error for each.
    if (at instanceof AggregateError && at.errors.length > 0 && at.errors.every(isNotConnected)) return true;
  }
  return false;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
