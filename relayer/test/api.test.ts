import { once } from "node:events";
import { createServer } from "node:http";
import { HeraldError } from "@herald/wire/errors";
import { silentLog } from "@herald/wire/log";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startApi } from "../src/api/startApi.js";
import { idOf } from "./exampleStep.js";

let problems: string[];
let api: Awaited<ReturnType<typeof startApi>>;

beforeEach(async () => {
  problems = [];
  api = await startApi({
    host: "127.0.0.1",
    port: 0,
    log: silentLog,
  });
  expect(await get("/readyz")).toMatchObject({ status: 503, body: { ready: false } });
  expect((await get("/healthz")).status).toBe(200);
  api.serve({
    notReady: async () => problems,
    request: async (requestId) => {
      if (requestId === idOf(2)) throw new Error("the store is broken");
      return requestId === idOf(1) ? ({ requestId, reason: "because" } as never) : undefined; // CAST: a short view.
    },
    requests: async (limit) => [{ requestId: idOf(limit) }],
    intake: async (chain, txHash) => {
      if (chain === "base") return [{ requestId: txHash, result: "taken" }];
      const facts = { chain };
      throw new HeraldError({ code: "TEST_NO_CHAIN", message: "No.", facts, actor: "user", retry: "never" });
    },
    status: async () => ({ problems, open: {}, providers: {}, tagAliases: [] }),
  });
});
afterEach(() => api.close());

const get = async (path: string, method = "GET") => {
  const response = await fetch(`${api.url}${path}`, { method });
  return { status: response.status, body: await response.json() };
};

test("readiness lists what is missing", async () => {
  expect(await get("/readyz")).toEqual({ status: 200, body: { ready: true, problems: [] } });
  problems = ["temporal: it is away"];
  expect(await get("/readyz")).toEqual({ status: 503, body: { ready: false, problems } });
  expect((await get("/healthz")).status).toBe(200);
});

test("a request is found by its id, and what is not there says so", async () => {
  expect(await get(`/requests/${idOf(1)}`)).toEqual({ status: 200, body: { requestId: idOf(1), reason: "because" } });
  expect((await get(`/requests/${idOf(3)}`)).status).toBe(404);
  expect((await get("/nothing")).status).toBe(404);
  expect((await get("/requests/0x12")).body.error).toContain("WIRE_INVALID_ID");
  expect((await get("/requests/0x12")).status).toBe(400);
  expect((await get(`/requests/${idOf(2)}`)).status).toBe(500);
});

test("it is read only", async () => {
  expect((await get("/requests", "POST")).status).toBe(405);
  expect((await get("/requests")).body).toEqual([{ requestId: idOf(200) }]);
});

test("but for the intake of a transaction, which wants a POST", async () => {
  const taken = { status: 200, body: [{ requestId: idOf(1), result: "taken" }] };
  expect(await get(`/intake/base/${idOf(1)}`, "POST")).toEqual(taken);
  expect((await get(`/intake/base/${idOf(1)}`)).status).toBe(405);
  expect((await get("/intake/base", "POST")).status).toBe(405);
  const refused = await get(`/intake/nowhere/${idOf(1)}`, "POST");
  expect(refused).toMatchObject({ status: 400, body: { error: expect.stringContaining("TEST_NO_CHAIN") } });
});

test("a list is as long as it is asked to be, within limits", async () => {
  expect((await get("/requests?limit=3")).body).toEqual([{ requestId: idOf(3) }]);
  for (const limit of ["0", "201", "-1", "x", "1e2", ""]) {
    expect(await get(`/requests?limit=${limit}`)).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining("1 to 200") },
    });
  }
});

test("a taken port is one clear error", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const address = other.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await expect(startApi({ host: "127.0.0.1", port, log: silentLog })).rejects.toMatchObject({
    code: "API_PORT_TAKEN",
    facts: { port },
  });
  other.close();
});
