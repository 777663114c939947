import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/** What the node answers one request with; `hang` keeps the connection open, `drop` breaks it. */
export type Reply = { readonly status: number; readonly body: string } | "hang" | "drop";

/** A request as it arrived. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: { readonly method: string; readonly params: readonly unknown[] };
}

/** An HTTP server that answers as celestia-node was seen to, one reply for all requests. */
export async function startScriptedNode() {
  let reply: Reply = { status: 200, body: "" };
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      received.push({ headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString("utf8")) });
      if (reply === "drop") request.socket.destroy();
      else if (reply !== "hang") response.writeHead(reply.status).end(reply.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // CAST: a TCP server's address is an object.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    answer(next: Reply) {
      reply = next;
    },
    result(value: unknown) {
      reply = { status: 200, body: JSON.stringify({ jsonrpc: "2.0", id: 1, result: value }) };
    },
    error(code: number, message: string, status = 200) {
      reply = { status, body: JSON.stringify({ jsonrpc: "2.0", id: 1, error: { code, message } }) };
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
