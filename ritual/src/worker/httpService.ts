import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { HeraldError, isHeraldError } from "@herald/wire/errors";
import type { Log } from "@herald/wire/log";
import {
  decodeCall,
  encodeAnswer,
  type InferenceAnswer,
  type InferenceCall,
  MAX_CALL_BYTES,
  SERVICE_OUTPUT_PATH,
} from "../infernet/containerProtocol.js";
import { readJson } from "./httpBody.js";
import { refusalOf } from "./refusal.js";

/** What the HTTP service is made of. */
export interface HttpServiceParts {
  readonly answer: (call: InferenceCall, signal: AbortSignal) => Promise<InferenceAnswer>;
  readonly health: () => { readonly status: string };
  /** Answers `GET /service-resources`; `modelId` is its query, null without one. */
  readonly resources: (modelId: string | null) => unknown;
  readonly log: Log;
}

/** The worker's HTTP server, not yet listening: Infernet's container endpoints and a health check. */
export function createHttpService(parts: HttpServiceParts): Server {
  const { log } = parts;
  // A caller that dribbles its request is cut off; there is no limit on how long the answer takes.
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000, maxHeaderSize: 16 * 1024 }, serve);
  // With the limit on a body this bounds what strangers can make the worker hold: 128 MB.
  server.maxConnections = 512;
  return server;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const caller = new AbortController();
    response.once("close", () => {
      if (!response.writableFinished) caller.abort(hungUp());
    });
    try {
      const body = await route(request, caller.signal);
      reply(response, 200, body, lastWord());
    } catch (error) {
      if (caller.signal.aborted || request.socket.destroyed) {
        log.debug("A caller hung up before its answer was ready.", { path: request.url?.slice(0, 100) });
        return;
      }
      const { status, headers, body } = refusalOf(error);
      if (status === 500) log.error("The worker could not answer.", { error: describe(error) });
      else log.debug("A call was refused.", { ...body });
      reply(response, status, body, { ...headers, ...lastWord() });
    }
  }

  /** A server that was closed still answers on the connections it has. */
  function stopping(): boolean {
    return !server.listening;
  }

  /** A connection that is kept alive would keep a stopping worker alive. */
  function lastWord(): Readonly<Record<string, string>> {
    return stopping() ? { connection: "close" } : {};
  }

  async function route(request: IncomingMessage, signal: AbortSignal): Promise<unknown> {
    // Not `new URL`: it throws for paths such as `//`.
    const [path = "/", query] = (request.url ?? "/").split("?", 2);
    if (path === SERVICE_OUTPUT_PATH) {
      expectMethod(request, "POST");
      const call = decodeCall(await readJson(request, MAX_CALL_BYTES));
      if (stopping()) throw stoppingError();
      return encodeAnswer(await parts.answer(call, signal));
    }
    if (path === "/health") {
      expectMethod(request, "GET");
      if (stopping()) throw stoppingError();
      return parts.health();
    }
    if (path === "/service-resources") {
      expectMethod(request, "GET");
      return parts.resources(new URLSearchParams(query).get("model_id"));
    }
    throw notServed("WORKER_NO_SUCH_PATH", { path: path.slice(0, 100) });
  }
}

/** What callers are told while the worker stops; another worker, or this one restarted, will answer. */
export function stoppingError(): HeraldError {
  return new HeraldError({
    code: "WORKER_STOPPING",
    message: "The worker is stopping.",
    actor: "upstream",
    retry: { afterMs: 2_000 },
  });
}

function hungUp(): HeraldError {
  return new HeraldError({
    code: "WORKER_CALLER_GONE",
    message: "The caller hung up.",
    actor: "upstream",
    retry: "now",
  });
}

function expectMethod(request: IncomingMessage, method: string): void {
  if (request.method !== method) throw notServed("WORKER_WRONG_METHOD", { expected: method, received: request.method });
}

function notServed(code: string, facts: Readonly<Record<string, unknown>>): HeraldError {
  const message = "A worker serves POST /service_output, GET /service-resources and GET /health.";
  return new HeraldError({ code, message, facts, actor: "user", retry: "never" });
}

function reply(response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>>) {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { "content-type": "application/json", "content-length": bytes.length, ...headers });
  response.end(bytes);
}

function describe(error: unknown): string {
  if (isHeraldError(error)) return `${error.code}: ${error.message}`;
  return (error instanceof Error ? (error.stack ?? error.message) : String(error)).slice(0, 2_000);
}
