import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { silentLog } from "@herald/wire/log";
import { custom, http, webSocket } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { batching } from "../src/quorum/provider/callBatcher.js";
import { httpWire } from "../src/quorum/provider/httpWire.js";
import { transportExchange } from "../src/quorum/provider/transportExchange.js";
import { createQuorumClient } from "../src/quorum/quorumClient.js";
import { type Anvil, clientsOf, startAnvil } from "./support/anvil.js";

const CHAIN_ID = 31905;
const call = { method: "eth_chainId", params: [] };

let anvil: Anvil;
beforeAll(async () => {
  anvil = await startAnvil(CHAIN_ID);
});
afterAll(() => anvil.stop());

/** A server that answers every request with this. */
async function serve(status: number, body: string, headers: Record<string, string> = {}) {
  const seen: { authorization: string | undefined; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    seen.push({ authorization: request.headers.authorization, body: Buffer.concat(chunks).toString("utf8") });
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // CAST: a TCP server's address is an object.
  const { port } = server.address() as AddressInfo;
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port, url: `http://127.0.0.1:${port}`, seen, stop };
}

describe("a provider behind a viem transport", () => {
  test("is as good as one behind a URL: HTTP of ours, HTTP of viem and a websocket agree", async () => {
    const socket = webSocket(anvil.url.replace("http", "ws"));
    const providers = [
      { name: "ours", url: anvil.url },
      { name: "viem", transport: http(anvil.url) },
      { name: "socket", transport: socket },
    ];
    const client = createQuorumClient({ chain: "test", chainId: CHAIN_ID, providers, quorum: 3, log: silentLog });
    const truth = await clientsOf(anvil).client.getBlock();
    expect((await client.getBlock()).hash).toBe(truth.hash);
    expect(await client.getBalance({ address: truth.miner })).toBe(0n);
    (await socket({}).value?.getRpcClient())?.close();
  });

  test("that is given twice is one provider", () => {
    const transport = http(anvil.url);
    const providers = [
      { name: "a", transport },
      { name: "b", transport },
    ];
    const create = () => createQuorumClient({ chain: "c", chainId: CHAIN_ID, providers, quorum: 2, log: silentLog });
    expect(create).toThrow(expect.objectContaining({ code: "CHAIN_QUORUM_INVALID" }));
  });

  test("is asked once: its own retries would hide how it answers", async () => {
    const busy = await serve(429, "slow down", { "retry-after": "7" });
    const answer = await transportExchange("p", http(busy.url, { retryCount: 5 }), 1_000)(call);
    expect(answer).toMatchObject({ kind: "silence", cause: "limited", retryAfterMs: 7_000 });
    expect(busy.seen).toHaveLength(1);
    await busy.stop();
  });

  test("that never answers is given up", async () => {
    const never = custom({ request: () => new Promise(() => undefined) });
    expect(await transportExchange("p", never, 50)(call)).toMatchObject({ cause: "unreachable" });
  });

  test("hands reverts on with their data", async () => {
    const reverter = "0x00000000000000000000000000000000000000c1";
    // Reverts with what it was called with.
    await clientsOf(anvil).control.setCode({ address: reverter, bytecode: "0x365f5f37365ffd" });
    const params = [{ to: reverter, data: "0x12345678" }, "latest"];
    const answer = await transportExchange("p", http(anvil.url), 1_000)({ method: "eth_call", params });
    expect(answer).toMatchObject({ kind: "refusal", code: 3, data: "0x12345678" });
  });
});

describe("a provider behind a URL", () => {
  test("gets user and password of the URL in a header", async () => {
    const server = await serve(200, '{"jsonrpc":"2.0","id":1,"result":"0x1"}');
    const url = `http://me:p%40ss@127.0.0.1:${server.port}/rpc`;
    expect(await httpWire("p", url, 1_000).single(call)).toMatchObject({ kind: "result", value: "0x1" });
    expect(server.seen[0]?.authorization).toBe(`Basic ${Buffer.from("me:p@ss").toString("base64")}`);
    await server.stop();
  });

  test.each([
    ["one error for all", 200, '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"batch too large"}}'],
    ["HTTP 413", 413, "<html>"],
    ["an array with one error (geth)", 200, '[{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no"}}]'],
    ["nothing", 200, ""],
  ])("that refuses a batch with %s left every call of it unanswered", async (_, status, body) => {
    const server = await serve(status, body);
    expect(await httpWire("p", server.url, 1_000).batch([call, call])).toEqual([undefined, undefined]);
    await server.stop();
  });

  test("that answers a batch in another order, or not all of it, is understood by the ids", async () => {
    const server = await serve(200, '[{"id":2,"result":"0xc"},{"id":0,"result":"0xa"},{"id":7,"result":"0xf"}]');
    const answers = await httpWire("p", server.url, 1_000).batch([call, call, call]);
    expect(answers.map((it) => it?.kind === "result" && it.value)).toEqual(["0xa", false, "0xc"]);
    expect(answers[0]?.raw()).toBe('{"id":0,"result":"0xa"}');
    await server.stop();
  });

  test("that limits a batch limits every call of it, and is not asked one by one", async () => {
    const server = await serve(429, "", { "retry-after": "2" });
    const exchange = batching(httpWire("p", server.url, 1_000));
    const answers = await Promise.all([exchange(call), exchange(call)]);
    expect(answers).toMatchObject([{ retryAfterMs: 2_000 }, { retryAfterMs: 2_000 }]);
    expect(server.seen).toHaveLength(1);
    await server.stop();
  });
});
