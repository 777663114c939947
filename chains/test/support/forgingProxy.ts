import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Anvil } from "./anvil.js";

/** A provider in front of an anvil whose answers a test can bend. */
export interface ForgingProxy {
  readonly url: string;
  /** Bends the result of a method from now on; undefined = honest again. */
  forge(forgery: { readonly method: string; readonly bend: (result: unknown) => unknown } | undefined): void;
  stop(): Promise<void>;
}

interface Answer {
  result?: unknown;
}

export async function startForgingProxy(anvil: Anvil): Promise<ForgingProxy> {
  let forgery: Parameters<ForgingProxy["forge"]>[0];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const asked: { method: string } | { method: string }[] = JSON.parse(body);
    const headers = { "content-type": "application/json" };
    const answered = await fetch(anvil.url, { method: "POST", headers, body });
    const answers: Answer | Answer[] = JSON.parse(await answered.text());
    const calls = [asked].flat();
    for (const [i, answer] of [answers].flat().entries()) {
      if (forgery?.method === calls[i]?.method && "result" in answer) answer.result = forgery?.bend(answer.result);
    }
    response.writeHead(200, headers).end(JSON.stringify(answers));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // CAST: a TCP server's address is an object.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    forge: (next) => {
      forgery = next;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
