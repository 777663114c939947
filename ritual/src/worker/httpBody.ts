import type { IncomingMessage } from "node:http";
import { HeraldError } from "@herald/wire/errors";

/**
 * The JSON a request carries.
 * @throws HeraldError WORKER_CALL_NOT_JSON, WORKER_CALL_TOO_LARGE
 */
export async function readJson(request: IncomingMessage, limitBytes: number): Promise<unknown> {
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? "")) {
    throw badBody("WORKER_CALL_NOT_JSON", "A JSON body is expected.", {
      contentType: request.headers["content-type"]?.slice(0, 100) ?? "(none)",
    });
  }
  const tooLarge = badBody("WORKER_CALL_TOO_LARGE", "The request is longer than this worker reads.", { limitBytes });
  if (Number(request.headers["content-length"] ?? 0) > limitBytes) throw tooLarge;
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Not destroyed on an early end: the refusal still has to go back over the same connection.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    // CAST: a request without an encoding gives buffers.
    const buffer = chunk as Buffer;
    bytes += buffer.length;
    if (bytes > limitBytes) throw tooLarge;
    chunks.push(buffer);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw badBody("WORKER_CALL_NOT_JSON", "The body is not JSON.", { bytes });
  }
}

function badBody(code: string, message: string, facts: Readonly<Record<string, unknown>>): HeraldError {
  return new HeraldError({ code, message, facts, actor: "user", retry: "never" });
}
