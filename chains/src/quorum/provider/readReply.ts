import { z } from "zod";
import { type Answer, type Silence, silence } from "../answer.js";
import { isLimit, isPassing } from "./passingErrors.js";
import type { HttpReply } from "./postBody.js";

const envelope = z.object({
  id: z.unknown(),
  result: z.unknown().optional(),
  error: z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() }).nullish(),
});
/** Where Infura says how long to wait; it is often 0, which says nothing. */
const infuraRate = z.object({ rate: z.object({ backoff_seconds: z.number().nonnegative() }) });
export type Envelope = z.infer<typeof envelope>;

/** A JSON-RPC reply, or undefined for anything else. */
export function parseEnvelope(value: unknown): Envelope | undefined {
  const parsed = envelope.safeParse(value);
  return parsed.success && (parsed.data.result !== undefined || parsed.data.error) ? parsed.data : undefined;
}

/** The answer in a reply to one call. */
export function readReply(provider: string, reply: Envelope, raw: () => string, retryAfter: string | null): Answer {
  const { result, error } = reply;
  if (!error) return { kind: "result", provider, raw, value: result };
  const { code, message, data } = error;
  const reason = `${message} (${code})`;
  if (isLimit(code, message)) return limited(provider, reason, raw, retryAfter, data);
  if (isPassing(code, message)) return silence(provider, "unable", reason, raw);
  return { kind: "refusal", provider, raw, code, message, data };
}

/** The answer in an HTTP reply that holds no JSON-RPC reply to the call. */
export function readFailure(provider: string, { status, body, retryAfter }: HttpReply): Silence {
  const reason = `HTTP ${status} without a JSON-RPC answer`;
  if (status === 429) return limited(provider, reason, () => body, retryAfter);
  return silence(provider, status >= 500 ? "unreachable" : "unable", reason, () => body);
}

function limited(
  provider: string,
  reason: string,
  raw: () => string,
  retryAfter: string | null,
  data?: unknown,
): Silence {
  const seconds = infuraRate.safeParse(data).data?.rate.backoff_seconds;
  const retryAfterMs = parseRetryAfter(retryAfter, Date.now()) ?? (seconds ? seconds * 1_000 : undefined);
  return { ...silence(provider, "limited", reason, raw), ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

/** Milliseconds that a Retry-After header asks for: seconds, or a date (RFC 9110, 10.2.3). */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d+(\.\d+)?$/.test(header.trim())) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
