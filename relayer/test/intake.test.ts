import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { parseRequestId, workflowIdOf } from "@herald/wire/ids";
import { silentLog } from "@herald/wire/log";
import { Wake } from "@herald/wire/wake";
import { createEffectActivities } from "@herald/workflows/activities/createActivities";
import { createWorkers } from "@herald/workflows/temporal/startWorkers";
import { Client } from "@temporalio/client";
import { DefaultLogger, NativeConnection, Runtime, type Worker } from "@temporalio/worker";
import { decodeFunctionData, encodeErrorResult, type Hex, parseAbi } from "viem";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startTemporal, type TestTemporal } from "../../workflows/test/startTemporal.js";
import { Completions } from "../src/service/completions.js";
import { runIntake } from "../src/service/intake.js";
import { readRequestView } from "../src/service/requestView.js";
import { openStore, type Store } from "../src/store/openStore.js";
import { RequestIndex } from "../src/store/requestIndex.js";
import { SqlOutbox } from "../src/store/sqlOutbox.js";
import { block, delivered, idOf, opened, result, said, step } from "./exampleStep.js";

const payee = `0x${"99".repeat(20)}` as const;
let temporal: TestTemporal;
let connection: NativeConnection;
let client: Client;

let folder: string;
let store: Store;
let index: RequestIndex;
let outbox: SqlOutbox;
let wake: Wake;
let stop: AbortController;
let running: Promise<unknown>;
let workers: readonly Worker[] = [];
let inferred: string[];

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger("ERROR"), shutdownSignals: [] });
  temporal = await startTemporal();
});
afterAll(() => temporal.stop());

beforeEach(async () => {
  // One connection for each: the server may hand a task to a stopped worker's last poll while its connection lives.
  connection = await NativeConnection.connect({ address: temporal.address });
  client = new Client({ connection, identity: "test" });
  folder = mkdtempSync(join(tmpdir(), "herald-intake-"));
  store = await openStore(join(folder, "relayer.sqlite"));
  wake = new Wake();
  const caps = { maxUnfinal: 10, maxUnfinalPerRequester: 10 };
  const gateways = { base: { chainId: 31102, gateway: payee } };
  index = new RequestIndex(store, gateways, () => null, caps, wake.wake);
  outbox = new SqlOutbox(store);
  inferred = [];
  workers = await createWorkers({
    connection,
    namespace: "default",
    identity: "test",
    chains: ["base"],
    activities: {
      ...createEffectActivities(outbox),
      inferRequest: async ({ requestId }) => {
        inferred.push(requestId);
        return { status: 1, output: "0x", answers: [], at: Date.now() };
      },
    },
  });
  stop = new AbortController();
  const { signal } = stop;
  const completions = new Completions(
    outbox,
    client,
    (id, last) => (last ? index.noteClosed(id) : index.noteSettled(id)),
    silentLog,
  );
  running = Promise.all([
    ...workers.map((worker) => worker.run()),
    runIntake({ index, client, wake, reconcileMs: 300, log: silentLog, signal }),
    completions.run(signal),
  ]);
});
afterEach(async () => {
  stop.abort();
  for (const worker of workers) worker.shutdown();
  await running;
  await connection.close();
  await store.destroy();
  rmSync(folder, { recursive: true });
});

async function until<T>(find: () => Promise<T | undefined | false>): Promise<T> {
  for (const give = Date.now() + 60_000; ; await delay(20)) {
    const found = await find().catch(() => undefined);
    if (found !== undefined && found !== false) return found;
    if (Date.now() > give) throw new Error("it did not come to that in time");
  }
}

// Requests of different tests have different ids: the server is shared.
const handleOf = (n: number) => client.workflow.getHandle(workflowIdOf(parseRequestId(idOf(n))));
const see = (n: number, terms: Parameters<typeof opened>[2] = {}) =>
  index.commit(step({ added: [{ block: block(n), events: [opened(n, block(n), terms)] }], finalized: n }));
const hear = (at: number, ...events: readonly ReturnType<typeof said>[]) =>
  index.commit(step({ added: [{ block: block(at), events }] }));
const isClosed = (n: number) => async () => ((await index.find(idOf(n)))?.closed_at ?? null) !== null;
const enters = (kind: "evidence" | "refund" | "reveal" | "finalize", n: number) => async () =>
  (await outbox.payload({ kind, requestId: idOf(n), attempt: 1 })) !== undefined;

describe("intake", () => {
  test("starts one workflow per request, and tells nobody twice", async () => {
    await see(1);
    await until(enters("evidence", 1));
    await see(1);
    await index.noteLost(idOf(1));
    wake.wake();
    await until(async () => ((await index.find(idOf(1)))?.started_at ?? null) !== null);
    expect(inferred).toEqual([idOf(1)]);
  });

  test("starts a workflow again that its server lost", async () => {
    await see(2);
    await until(enters("evidence", 2));
    const { workflowId, runId } = await handleOf(2).describe();
    await client.workflowService.deleteWorkflowExecution({
      namespace: "default",
      workflowExecution: { workflowId, runId },
    });
    await until(async () => inferred.length === 2);
    expect((await handleOf(2).describe()).status.name).toBe("RUNNING");
  });

  test("tells a workflow of a settlement by somebody else, and closes the request", async () => {
    await see(3);
    await until(enters("evidence", 3));
    await index.commit(step({ added: [{ block: block(4), events: [delivered(3, block(4))] }] }));
    expect(await handleOf(3).result()).toMatchObject({ outcome: "delivered" });
    await until(isClosed(3));
  });

  test("does not start again what has closed", async () => {
    await see(5);
    await until(enters("evidence", 5));
    await handleOf(5).terminate("test");
    await index.noteLost(idOf(5));
    wake.wake();
    await until(isClosed(5));
    expect(inferred).toEqual([idOf(5)]);
  });

  test("completes waiting activities with what the writers left", async () => {
    await see(6);
    const finish = async (
      kind: "evidence" | "result" | "delivery",
      lane: string,
      reference: Record<string, unknown>,
    ) => {
      await until(async () => (await outbox.waiting(kind, lane, 1)).length === 1);
      const key = { kind, requestId: idOf(6), attempt: 1 };
      await outbox.openBatch(kind, lane, `${kind}/6`, [key]);
      await outbox.explain(`${kind}/6`, {
        reason: "It takes a while.",
        actor: "upstream",
        code: "TEST_SLOW",
        fix: "Wait.",
        nextAttemptAt: null,
      });
      const view = await readRequestView({ index, store, client }, idOf(6));
      expect(view).toMatchObject({ phase: kind, reason: "It takes a while.", actor: "upstream", outcome: null });
      expect(view).toMatchObject({ code: "TEST_SLOW", fix: "Wait." });
      await outbox.closeBatch(`${kind}/6`, [{ key, reference: { ...reference, at: Date.now() } as never }]); // CAST: JSON.
    };
    await finish("evidence", "celestia", { finalAt: 1, height: 7, commitment: "Yw==", namespace: "bg==" });
    await finish("result", "base", { messageId: "0x01", hubTx: "0x02" });
    await finish("delivery", "base", {
      deliveryTx: "0x03",
      outcome: "delivered",
      rejection: null,
      callback: "succeeded",
    });
    expect(await handleOf(6).result()).toMatchObject({ outcome: "delivered" });
    await until(isClosed(6));
    expect(await readRequestView({ index, store, client: undefined }, idOf(6))).toMatchObject({
      phase: "done",
      daHeight: 7,
      messageId: "0x01",
      hubTx: "0x02",
      deliveryTx: "0x03",
      callback: "succeeded",
      outcome: "delivered",
    });
  });

  test("tells a workflow once that its request was cancelled; it is refunded at the new closing time", async () => {
    await see(8);
    await until(enters("evidence", 8));
    const closeAt = Math.floor(Date.now() / 1000) + 3;
    await hear(9, said(8, block(9), { type: "RequestCancelled", closeAt }));
    expect(await readRequestView({ index, store, client }, idOf(8))).toMatchObject({
      cancelled: true,
      closesAt: closeAt * 1000,
    });
    await until(enters("refund", 8));
    expect(Date.now()).toBeGreaterThanOrEqual(closeAt * 1000);
    const { events } = await handleOf(8).fetchHistory();
    expect(events?.filter((it) => it.workflowExecutionSignaledEventAttributes)).toHaveLength(1);
  });

  test("of a result that waits for its window tells once, and then of its end", async () => {
    await see(10);
    await until(enters("evidence", 10));
    await hear(11, delivered(10, block(11), 1, false));
    await until(enters("finalize", 10));
    const [waiting] = await until(async () => {
      const found = await outbox.waiting("finalize", "base", 1);
      return found.length > 0 && found;
    });
    await outbox.openBatch("finalize", "base", "finalize/10/1", [
      { kind: "finalize", requestId: idOf(10), attempt: 1 },
    ]);
    expect(waiting?.requestId).toBe(idOf(10));
    const pending = { outcome: "pending", finalAt: 2_000_000_000, disputed: false, verifier: payee, at: Date.now() };
    const key = { kind: "finalize", requestId: idOf(10), attempt: 1 } as const;
    await outbox.closeBatch("finalize/10/1", [{ key, reference: pending }]);
    const view = await until(async () => {
      const found = await readRequestView({ index, store, client }, idOf(10));
      return found?.reason.includes("pending until") === true && found;
    });
    expect(view).toMatchObject({ phase: "finalize", outcome: null });
    await hear(12, said(10, block(12), { type: "ResultOverturned" }));
    const again = { ...key, attempt: 2 };
    await until(async () => (await outbox.payload(again)) !== undefined);
    await outbox.openBatch("finalize", "base", "finalize/10/2", [again]);
    const overturned = { outcome: "declined", finalizeTx: null, callback: "none", at: Date.now() };
    await outbox.closeBatch("finalize/10/2", [{ key: again, reference: overturned }]);
    expect(await handleOf(10).result()).toMatchObject({ outcome: "declined" });
    await until(isClosed(10));
    const { events } = await handleOf(10).fetchHistory();
    expect(events?.filter((it) => it.workflowExecutionSignaledEventAttributes)).toHaveLength(2);
    expect((await readRequestView({ index, store, client }, idOf(10)))?.reason).toContain("overturned");
  });

  test("of an output settled by its hash keeps the request until it is revealed", async () => {
    await see(13, { outputMode: 1 });
    await until(enters("evidence", 13));
    await hear(14, delivered(13, block(14)));
    await until(enters("reveal", 13));
    expect(await readRequestView({ index, store, client }, idOf(13))).toMatchObject({ phase: "reveal", outcome: null });
    const key = { kind: "reveal", requestId: idOf(13), attempt: 1 } as const;
    await until(async () => (await outbox.waiting("reveal", "base", 1)).length === 1);
    await outbox.openBatch("reveal", "base", "reveal/13", [key]);
    const reference = { outcome: "revealed", revealTx: "0x07", callback: "failed", at: Date.now() };
    await outbox.closeBatch("reveal/13", [{ key, reference }]);
    expect(await handleOf(13).result()).toMatchObject({ outcome: "delivered" });
    await until(isClosed(13));
    expect(await readRequestView({ index, store, client }, idOf(13))).toMatchObject({
      ...{ phase: "done", outcome: "delivered", revealTx: "0x07", callback: "failed", retry: null },
    });
  });

  test("shows why a callback failed, and the call that runs it again until it has succeeded", async () => {
    await see(15);
    // Error("no room")
    const reason = encodeErrorResult({ abi: parseAbi(["error Error(string)"]), args: ["no room"] });
    await hear(16, delivered(15, block(16)), said(15, block(16), { type: "CallbackFailed", reason }, 16));
    const view = await readRequestView({ index, store, client }, idOf(15));
    expect(view).toMatchObject({ callback: "failed", callbackReason: "no room", retry: { to: payee } });
    // CAST: hex by construction.
    const call = decodeFunctionData({ abi: inferenceGatewayAbi, data: view?.retry?.data as Hex });
    expect(call).toMatchObject({ functionName: "retryCallback", args: [{}, { status: 1 }, result.output, "0x"] });
    await hear(17, said(15, block(17), { type: "CallbackSucceeded" }));
    const after = await readRequestView({ index, store, client }, idOf(15));
    expect(after).toMatchObject({ callback: "succeeded", callbackReason: null, retry: null });
  });

  test("says of a request it cannot start that Temporal is away, who must act and when it tries again", async () => {
    stop.abort();
    await see(7);
    const problem = {
      ...{ reason: "The Temporal server cannot be reached.", code: "TEMPORAL_UNREACHABLE", fix: "Start the server." },
      ...{ actor: "operator", nextAttemptAt: Date.now() + 60_000 },
    } as const;
    const context = { index, store, client: undefined, temporalProblem: async () => problem };
    const { reason, ...rest } = problem;
    const view = await readRequestView(context, idOf(7));
    expect(view).toMatchObject({ ...rest, phase: "intake", outcome: null });
    expect(view?.reason).toContain(reason);
    const tried = { ...context, temporalProblem: async () => ({ ...problem, nextAttemptAt: null }) };
    expect((await readRequestView(tried, idOf(7)))?.nextAttemptAt).toBeGreaterThan(Date.now() - 5_000);
  });
});
