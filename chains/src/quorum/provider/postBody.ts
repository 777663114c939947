/** Larger than any block with receipts; a provider must not be able to fill our memory. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** What came back over HTTP. */
export interface HttpReply {
  readonly status: number;
  readonly body: string;
  /** Content of the Retry-After header. */
  readonly retryAfter: string | null;
}

/**
 * Posts JSON and reads the answer to its end, within one deadline. viem's HTTP transport would do that too, but hands on neither the body
 * as it arrived, which is the evidence, nor Retry-After.
 */
export async function postBody(url: string, body: string, timeoutMs: number): Promise<HttpReply> {
  const signal = AbortSignal.timeout(timeoutMs);
  const { target, authorization } = splitCredentials(url);
  const headers = { "content-type": "application/json", ...(authorization !== undefined && { authorization }) };
  const send = () => fetch(target, { method: "POST", headers, body, signal });
  // A pooled connection may be closed at the moment it is used again; every call here may be repeated.
  const response = await send().catch((error: unknown) => {
    if (isReset(error)) return send();
    throw error;
  });
  return {
    status: response.status,
    retryAfter: response.headers.get("retry-after"),
    body: await readBounded(response),
  };
}

/** Why a post failed, in words. */
export function describeFailure(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `nothing within ${timeoutMs} ms`;
  // fetch says "fetch failed"; what failed is in its cause, and for several addresses in the causes of that.
  const { cause } = error;
  if (cause instanceof AggregateError) return cause.errors.map(String).join("; ");
  return cause instanceof Error ? cause.message : error.message;
}

/** fetch refuses URLs with a user and password in them; providers hand them out all the same. */
function splitCredentials(url: string): { readonly target: string; readonly authorization: string | undefined } {
  const parsed = new URL(url);
  if (parsed.username === "" && parsed.password === "") return { target: url, authorization: undefined };
  const user = `${decodeURIComponent(parsed.username)}:${decodeURIComponent(parsed.password)}`;
  parsed.username = "";
  parsed.password = "";
  return { target: parsed.toString(), authorization: `Basic ${Buffer.from(user).toString("base64")}` };
}

async function readBounded(response: Response): Promise<string> {
  if (response.body === null) return "";
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > MAX_BODY_BYTES) throw new RangeError(`the answer is larger than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function isReset(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && (cause.code === "UND_ERR_SOCKET" || cause.code === "ECONNRESET");
}
