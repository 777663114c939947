import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A server where a worker should be, answering each call as `behave` says. */
export interface RogueWorker {
  readonly url: string;
  readonly calls: () => number;
  close(): Promise<void>;
}

export async function startRogueWorker(
  behave: (body: string) => Promise<{ readonly status: number; readonly body: string }>,
): Promise<RogueWorker> {
  let calls = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (request.method === "POST") calls += 1;
      behave(Buffer.concat(chunks).toString()).then(
        ({ status, body }) => {
          response.writeHead(status, { "content-type": "application/json" });
          response.end(body);
        },
        () => response.destroy(),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // CAST: it listens on a TCP port.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls: () => calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
