import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { formatError, HeraldError, isHeraldError } from "@herald/wire/errors";
import { parseRequestId } from "@herald/wire/ids";
import type { Log } from "@herald/wire/log";
import type { HandIntake } from "../service/handIntake.js";
import type { RelayerStatus } from "../service/relayerStatus.js";
import type { RequestView } from "../service/requestView.js";

/** What the API needs to know of the service. */
export interface ApiSource {
  /** Problems that keep the relayer from its work, empty when it is ready. */
  notReady(): Promise<readonly string[]>;
  request(requestId: string): Promise<RequestView | undefined>;
  requests(limit: number): Promise<readonly { readonly requestId: string }[]>;
  /** Reads one transaction now; it changes what is known, never what is true. */
  readonly intake: HandIntake;
  status(): Promise<RelayerStatus>;
}

/** An API that listens; until it serves it only says that the relayer starts. */
export interface Api {
  readonly url: string;
  serve(source: ApiSource): void;
  close(): Promise<void>;
}

/** Most requests of a list. */
const MAX_LIST = 200;

/**
 * Serves `/healthz`, `/readyz` (503 with what is missing), `/status`, `/requests` (`?limit=` 1 to 200) and `/requests/<id>` as JSON,
 * read only but for `POST /intake/<chain>/<transaction>`. It listens at once, before there is anything to say.
 * @throws HeraldError API_PORT_TAKEN
 */
export async function startApi(parameters: {
  readonly host: string;
  readonly port: number;
  readonly log: Log;
}): Promise<Api> {
  const { host, port, log } = parameters;
  let source: ApiSource | undefined;
  const server = createServer((request, response) => {
    answer(source, request, response).catch((error: unknown) => {
      const code = isHeraldError(error) && error.actor === "user" ? 400 : 500;
      if (code === 500) log.error("The API failed to answer.", { error: formatError(error) });
      send(response, code, { error: formatError(error) });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(portTaken(host, port, cause)));
    server.listen(port, host, resolve);
  });
  // CAST: a TCP server's address is an AddressInfo.
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host}:${address.port}`,
    serve: (it) => {
      source = it;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  source: ApiSource | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname: path, searchParams } = new URL(request.url ?? "/", "http://api");
  const [, chain, txHash] = /^\/intake\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  if (chain !== undefined && txHash !== undefined) {
    if (request.method !== "POST") return send(response, 405, { error: "A transaction is taken in with POST." });
    if (source === undefined) return send(response, 503, { error: "The relayer is starting." });
    return send(response, 200, await source.intake(chain, txHash));
  }
  if (request.method !== "GET") return send(response, 405, { error: "The API is read only." });
  if (path === "/healthz") return send(response, 200, { status: "alive" });
  if (source === undefined) return send(response, 503, { ready: false, problems: ["relayer: It is starting."] });
  if (path === "/readyz") {
    const problems = await source.notReady();
    return send(response, problems.length === 0 ? 200 : 503, { ready: problems.length === 0, problems });
  }
  if (path === "/status") return send(response, 200, await source.status());
  if (path === "/requests") {
    const limit = searchParams.get("limit") ?? String(MAX_LIST);
    const count = /^\d{1,3}$/.test(limit) ? Number(limit) : 0;
    if (count < 1 || count > MAX_LIST) {
      return send(response, 400, { error: `limit must be a whole number from 1 to ${MAX_LIST}; received ${limit}.` });
    }
    return send(response, 200, await source.requests(count));
  }
  const id = /^\/requests\/([^/]+)$/.exec(path)?.[1];
  if (id === undefined) return send(response, 404, { error: `There is nothing at ${path}.` });
  const view = await source.request(parseRequestId(id));
  if (view === undefined) return send(response, 404, { error: `The index holds no request ${id}.` });
  send(response, 200, view);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function portTaken(host: string, port: number, cause: Error): HeraldError {
  return new HeraldError({
    code: "API_PORT_TAKEN",
    message: "The API cannot listen.",
    facts: { host, port },
    fix: "Free the port, or set api.port to another (0 picks a free one).",
    actor: "operator",
    retry: "never",
    cause,
  });
}
