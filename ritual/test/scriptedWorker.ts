import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A server that answers a worker's path with whatever a test wants. */
export async function startScriptedWorker() {
  let behave: (response: ServerResponse, request: IncomingMessage) => void = (response) => response.end();
  let hungUp = 0;
  const received: unknown[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("close", () => {
      if (!response.writableFinished) hungUp += 1;
    });
    request.on("end", () => {
      received.push({ path: request.url, body: JSON.parse(Buffer.concat(chunks).toString("utf8")) });
      behave(response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // CAST: a TCP server's address is an object.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    hungUp: () => hungUp,
    behave(next: typeof behave) {
      behave = next;
    },
    answer(status: number, body: string | object, headers: Readonly<Record<string, string>> = {}) {
      behave = (response) =>
        response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body));
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
