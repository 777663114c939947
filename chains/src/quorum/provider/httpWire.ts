import { type Answer, silence } from "../answer.js";
import type { Wire } from "./callBatcher.js";
import type { RpcCall } from "./exchange.js";
import { describeFailure, type HttpReply, postBody } from "./postBody.js";
import { parseEnvelope, readFailure, readReply } from "./readReply.js";

interface NoReply {
  readonly answer: Answer;
  /** The time was up. */
  readonly late: boolean;
}

/** A provider behind an HTTP URL. */
export function httpWire(provider: string, url: string, timeoutMs: number): Wire {
  async function post(body: unknown): Promise<HttpReply | NoReply> {
    try {
      return await postBody(url, JSON.stringify(body), timeoutMs);
    } catch (error) {
      const answer = silence(provider, "unreachable", describeFailure(error, timeoutMs));
      return { answer, late: error instanceof Error && error.name === "TimeoutError" };
    }
  }

  return {
    async single(call) {
      const reply = await post(request(call, 1));
      if ("answer" in reply) return reply.answer;
      const envelope = parseEnvelope(parseJson(reply.body));
      if (envelope === undefined) return readFailure(provider, reply);
      return readReply(provider, envelope, () => reply.body, reply.retryAfter);
    },

    async batch(calls) {
      const reply = await post(calls.map(request));
      // Nobody there, or nothing in time: one by one would take as long again. A closed connection may be a refusal of the batch.
      if ("answer" in reply) return calls.map(() => (reply.late ? reply.answer : undefined));
      if (reply.status === 429) return calls.map(() => readFailure(provider, reply));
      const items = parseJson(reply.body);
      const byId = new Map<unknown, unknown>(Array.isArray(items) ? items.map((item) => [idOf(item), item]) : []);
      return calls.map((_, id) => {
        const item = byId.get(id);
        const envelope = parseEnvelope(item);
        return envelope && readReply(provider, envelope, () => JSON.stringify(item), reply.retryAfter);
      });
    },
  };
}

function request({ method, params }: RpcCall, id: number) {
  return { jsonrpc: "2.0", id, method, params };
}

function idOf(item: unknown): unknown {
  return typeof item === "object" && item !== null && "id" in item ? item.id : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
