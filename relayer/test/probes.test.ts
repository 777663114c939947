import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { CelestiaClient } from "@herald/da/celestiaClient";
import { HeraldError } from "@herald/wire/errors";
import { createPublicClient, custom } from "viem";
import { afterEach, expect, test } from "vitest";
import { Health } from "../src/service/health.js";
import { createProbes, type ProbeTargets } from "../src/service/probes.js";
import { unreachable } from "../src/service/temporalSession.js";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function worker(status: number): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status).end("{}")).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // CAST: a TCP server's address.
}

const account = `0x${"11".repeat(20)}` as const;
const failing = new HeraldError({
  code: "CHAIN_QUORUM_UNAVAILABLE",
  message: "Too few providers of a chain answered.",
  facts: { method: "eth_blockNumber", quorum: 2, "provider a": "0x12", "provider b": "no answer: connection refused" },
  fix: "Wait.",
  actor: "upstream",
  retry: "now",
});
const chain = (answer: () => unknown) =>
  createPublicClient({ transport: custom({ request: async () => answer() }, { retryCount: 0 }) });
const fail = (): never => {
  throw failing;
};

async function problems(change: Partial<ProbeTargets>): Promise<readonly string[]> {
  const health = new Health();
  const client = chain(() => "0x12");
  const targets: ProbeTargets = {
    celestia: { ready: async () => true } as unknown as CelestiaClient, // CAST: all that is asked of it.
    temporal: () => async () => undefined,
    temporalError: (cause) => unreachable({ address: "127.0.0.1:1", namespace: "default" }, cause),
    hub: { name: "ritual", client },
    workers: [],
    signers: [{ chain: "base", address: account, client }],
    health,
    ...change,
  };
  await createProbes(targets).all();
  return health.problems();
}

test("what is well leaves no problem", async () => {
  expect(await problems({ workers: [{ name: "w", url: await worker(200) }] })).toEqual([]);
});

test("each worker that is away or unwell is named, and why", async () => {
  const workers = [
    { name: "fine", url: await worker(200) },
    { name: "ill", url: await worker(503) },
    { name: "dead", url: "http://127.0.0.1:1" },
  ];
  const found = await problems({ workers });
  expect(found).toHaveLength(2);
  expect(found).toContainEqual(expect.stringMatching(/^worker ill: .*HTTP 503/));
  expect(found).toContainEqual(
    expect.stringMatching(/^worker dead: http:\/\/127\.0\.0\.1:1\/health does not answer: ./),
  );
});

test("a chain's problem says which provider, what it said, and how many answered", async () => {
  const found = await problems({ hub: { name: "ritual", client: chain(fail) } });
  expect(found).toHaveLength(1);
  expect(found[0]).toContain("hub ritual: CHAIN_QUORUM_UNAVAILABLE");
  expect(found[0]).toContain("1 of 2 answered eth_blockNumber, 2 are needed");
  expect(found[0]).toContain("b: no answer: connection refused");
});

test("a Temporal that does not answer is named by its code, and one that is not connected is left to its part", async () => {
  const found = await problems({ temporal: () => async () => Promise.reject(new Error("gone")) });
  expect(found).toEqual([expect.stringMatching(/^temporal: TEMPORAL_UNREACHABLE: .*127\.0\.0\.1:1/)]);
  expect(await problems({ temporal: () => undefined })).toEqual([]);
});
