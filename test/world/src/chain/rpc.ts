import { Agent, request } from "node:http";

/** One JSON-RPC call, as a client sent it. */
export interface RpcCall {
  readonly id?: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** The node behind a proxy. */
export interface Upstream {
  /** Passes a body on as it is. */
  forward(body: Buffer): Promise<{ readonly status: number; readonly body: Buffer }>;
  /** Result of one call; throws what the node complains about. */
  call(method: string, params: readonly unknown[]): Promise<unknown>;
  close(): void;
}

/** Connects to a node; connections are kept open, which costs a proxied call next to nothing. */
export function openUpstream(port: number): Upstream {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const forward = (body: Buffer) =>
    new Promise<{ status: number; body: Buffer }>((resolve, reject) => {
      const headers = { "content-type": "application/json", "content-length": body.length };
      const outgoing = request({ host: "127.0.0.1", port, method: "POST", agent, headers }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 502, body: Buffer.concat(chunks) }));
        answer.on("error", reject);
      });
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  return {
    forward,
    call: async (method, params) => {
      const { body } = await forward(Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params })));
      const answer: unknown = JSON.parse(body.toString("utf8"));
      if (isRecord(answer) && "result" in answer) return answer.result;
      throw new Error(`${method}: ${body.toString("utf8").slice(0, 500)}`);
    },
    close: () => agent.destroy(),
  };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
