import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { answerCalls } from "./answerCalls.js";
import { type Liar, liarOf } from "./liar.js";
import { lieSchema, type ProxyControl } from "./lie.js";
import { openUpstream } from "./rpc.js";

/** A provider of one chain: an HTTP server in front of its node that tests can make lie, lag or die. */
export interface ProviderProxy extends ProxyControl {
  readonly url: string;
  close(): Promise<void>;
}

/** Opens a proxy on a free port of loopback, in front of the node on `nodePort`. */
export async function openProxy(nodePort: number): Promise<ProviderProxy> {
  const upstream = openUpstream(nodePort);
  const liars: Liar[] = [];
  const hanging = new Set<ServerResponse>();
  let lagMs = 0;

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (lagMs > 0) await sleep(lagMs);
    const told = liars.length === 0 ? await upstream.forward(body) : await answerCalls(body, [...liars], upstream);
    if (told === "hang") {
      hanging.add(outgoing);
      outgoing.on("close", () => hanging.delete(outgoing));
    } else {
      outgoing.writeHead(told.status, { "content-type": "application/json", "content-length": told.body.length });
      outgoing.end(told.body);
    }
  }

  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch(() => outgoing.destroy()); // the node is gone: so is its provider
  });
  server.keepAliveTimeout = 60_000;
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => {
        server.off("error", reject);
        resolve();
      });
    });
  const silence = async () => {
    if (!server.listening) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
  await listen(0);
  const { port } = server.address() as AddressInfo; // CAST: it listens on a TCP port, no pipe.

  return {
    url: `http://127.0.0.1:${port}`,
    lie: async (rule) => void liars.push(liarOf(lieSchema.parse(rule))),
    lag: async (ms) => {
      lagMs = ms;
    },
    die: silence,
    heal: async () => {
      liars.length = 0;
      lagMs = 0;
      for (const outgoing of hanging) outgoing.destroy();
      if (!server.listening) await listen(port);
    },
    close: async () => {
      await silence();
      upstream.close();
    },
  };
}
