import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A JSON-RPC call as it passes. */
export interface Call {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** A JSON-RPC reply without its envelope. */
export type Reply =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string; readonly data?: unknown } };

/** What a provider does with a call: answer (truly with `forward`, or not), break the connection, or never answer. */
export type Behaviour = (call: Call, forward: (call: Call) => Promise<Reply>) => Promise<Reply | "drop" | "hang">;

export const honest: Behaviour = (call, forward) => forward(call);
export const dead: Behaviour = async () => "drop";
export const silent: Behaviour = async () => "hang";

/** Answers calls of `method` with what `lie` makes of the true result. */
export function lying(method: string, lie: (result: unknown, call: Call) => unknown): Behaviour {
  return async (call, forward) => {
    const reply = await forward(call);
    return call.method === method && "result" in reply ? { result: lie(reply.result, call) } : reply;
  };
}

/** A provider in front of a node, whose honesty the test decides at any moment. */
export interface FaultyProxy {
  readonly url: string;
  /** Calls that arrived, oldest first. */
  readonly calls: Call[];
  /** How many calls each HTTP request carried. */
  readonly requests: number[];
  behave(behaviour: Behaviour): void;
  stop(): Promise<void>;
}

export async function startFaultyProxy(nodeUrl: string): Promise<FaultyProxy> {
  let behaviour = honest;
  const calls: Call[] = [];
  const requests: number[] = [];
  const forward = async ({ method, params }: Call): Promise<Reply> => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const response = await fetch(nodeUrl, { method: "POST", headers: { "content-type": "application/json" }, body });
    const { result, error } = await response.json();
    return error === undefined ? { result } : { error };
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const asked = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    requests.push([asked].flat().length);
    const replies = await Promise.all([asked].flat().map(answer));
    if (replies.includes("drop")) request.socket.destroy();
    else if (!replies.includes("hang")) {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(Array.isArray(asked) ? replies : replies[0]));
    }
  });
  async function answer({ id, method, params }: Call & { readonly id: unknown }) {
    calls.push({ method, params });
    const reply = await behaviour({ method, params }, forward).catch(() => "drop" as const);
    return typeof reply === "string" ? reply : { jsonrpc: "2.0", id, ...reply };
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // CAST: a TCP server's address is an object.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    requests,
    behave(next) {
      behaviour = next;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
