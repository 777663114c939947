import type { Fault, Liar } from "./liar.js";
import { isRecord, type RpcCall, type Upstream } from "./rpc.js";

/** What goes back to the client, or that nothing does. */
export type Told = { readonly status: number; readonly body: Buffer } | "hang";

/** Answers a JSON-RPC body, single or batch, with the lies in force. */
export async function answerCalls(body: Buffer, liars: readonly Liar[], upstream: Upstream): Promise<Told> {
  const parsed: unknown = JSON.parse(body.toString("utf8"));
  const calls = [parsed].flat().map(parseCall);
  const faults = calls.map((call) => liars.map((liar) => liar.fault?.(call)).find((it) => it !== undefined));
  if (faults.some((fault) => fault?.type === "hang")) return "hang";
  const refused = faults.find((fault) => fault?.type === "httpStatus");
  if (refused?.type === "httpStatus") return { status: refused.status, body: Buffer.alloc(0) };
  const answers = await Promise.all(calls.map((call, i) => answerCall(call, faults[i], liars, upstream)));
  return { status: 200, body: Buffer.from(JSON.stringify(Array.isArray(parsed) ? answers : answers[0])) };
}

async function answerCall(call: RpcCall, fault: Fault | undefined, liars: readonly Liar[], upstream: Upstream) {
  const frame = { jsonrpc: "2.0", id: call.id };
  if (fault?.type === "rpcError") return { ...frame, error: { code: fault.code, message: fault.message } };
  let asked = call;
  for (const liar of liars) asked = (await liar.ask?.(asked, upstream)) ?? asked;
  const { body } = await upstream.forward(Buffer.from(JSON.stringify({ ...asked, jsonrpc: "2.0" })));
  const answer: unknown = JSON.parse(body.toString("utf8"));
  if (!isRecord(answer) || !("result" in answer)) return answer;
  let { result } = answer;
  for (const liar of liars) if (liar.tell) result = await liar.tell(call, result, upstream);
  return { ...frame, result };
}

function parseCall(value: unknown): RpcCall {
  if (!isRecord(value) || typeof value.method !== "string") throw new Error("not a JSON-RPC call");
  return { id: value.id, method: value.method, params: Array.isArray(value.params) ? value.params : [] };
}
