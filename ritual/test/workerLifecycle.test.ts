import { parseModelId } from "@herald/wire/ids";
import { answerStatuses } from "@herald/wire/lifecycle";
import { silentLog } from "@herald/wire/log";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { describe, expect, test } from "vitest";
import { requestInference } from "../src/infernet/containerClient.js";
import type { InferenceCall } from "../src/infernet/containerProtocol.js";
import { cacheFolder } from "../src/models/cacheFolder.js";
import type { LoadedModel } from "../src/models/model.js";
import { createAnswerer } from "../src/worker/answerCall.js";
import { FairQueue } from "../src/worker/fairQueue.js";
import { createHttpService } from "../src/worker/httpService.js";
import { listen } from "../src/worker/listen.js";
import { startWorker } from "../src/worker/startWorker.js";
import { stopService } from "../src/worker/stopService.js";
import { addressOf, exampleCall, PYTHON_SOURCE } from "./exampleCall.js";
import { recordingLog } from "./recordingLog.js";
import { waitFor } from "./waitFor.js";

const account = privateKeyToAccount(generatePrivateKey());
const common = { name: "worker", account, payee: addressOf("payee"), host: "127.0.0.1", port: 0, cache: cacheFolder() };

function ask(url: string, call: InferenceCall, signal = new AbortController().signal) {
  return requestInference({ url, worker: account.address, call, signal, timeoutMs: 100_000, log: silentLog });
}

/** Serves one scripted model under the classifier's id, through the worker's own queue, signer and HTTP service. */
async function serve(run: LoadedModel["run"], queueLimit = 10) {
  const journal = recordingLog();
  const call = exampleCall("language-detection", "x");
  const queue = new FairQueue(queueLimit);
  const loaded = { run, dispose: async () => undefined };
  const models = new Map([[parseModelId(call.terms.modelId), { name: "scripted", loaded, queue }]]);
  const answer = createAnswerer({ account, payee: common.payee, models, log: journal.log });
  const service = { answer, health: () => ({ status: "healthy" }), resources: () => ({}) };
  const server = createHttpService({ ...service, log: journal.log });
  const url = await listen(server, "127.0.0.1", 0);
  const stop = (graceMs = 0) => stopService(server, [queue], graceMs);
  return { url, queue, journal, stop };
}

const callFor = (salt: number, input = `${PYTHON_SOURCE}${salt}`) => exampleCall("language-detection", input);

describe("a model in trouble", () => {
  test("what it fails on is signed as failed, and the next request is served", async () => {
    const { url, journal, stop } = await serve(async (input) => {
      if (input.length < 3) throw new Error("tensor of the wrong shape");
      return input;
    });
    const { output, signed } = await ask(url, callFor(1, "x"));
    expect([output, signed.answer.status]).toEqual(["0x", answerStatuses.failed]);
    expect(journal.said("A model failed on an input.")[0]?.fields).toMatchObject({
      error: expect.stringContaining("wrong shape"),
    });
    expect((await ask(url, callFor(2))).signed.answer.status).toBe(answerStatuses.ok);
    await stop();
  });

  test("a full queue answers 503 with its advice, and callers that hang up give their places back", async () => {
    let called = 0;
    let calledOff = 0;
    const { url, queue, stop } = await serve((_input, signal) => {
      called += 1;
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          calledOff += 1;
          reject(signal.reason);
        });
      });
    }, 2);
    const controller = new AbortController();
    const hopeless = [1, 2, 3].map((salt) => ask(url, callFor(salt), controller.signal).catch(() => "gone"));
    await waitFor(() => queue.waiting === 2);
    await expect(ask(url, callFor(4))).rejects.toMatchObject({
      code: "WORKER_BUSY",
      retry: { afterMs: expect.any(Number) },
      facts: { httpStatus: 503 },
    });
    controller.abort();
    expect(await Promise.all(hopeless)).toEqual(["gone", "gone", "gone"]);
    await queue.idle();
    expect(queue.waiting).toBe(0);
    // The two that waited never reached the model; the one that ran was told to stop.
    expect([called, calledOff]).toEqual([1, 1]);
    await stop();
  });

  test("a request that was called off is computed anew when it is asked again", async () => {
    let called = 0;
    const { url, stop } = await serve((input, signal) => {
      called += 1;
      if (called > 1) return Promise.resolve(input);
      return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    });
    const controller = new AbortController();
    const first = ask(url, callFor(1), controller.signal).catch(() => "gone");
    await waitFor(() => called === 1);
    controller.abort();
    expect(await first).toBe("gone");
    expect((await ask(url, callFor(1))).signed.answer.status).toBe(answerStatuses.ok);
    await stop();
  });
});

describe("start and stop", () => {
  test("an inference that outlasts the grace is called off", async () => {
    let reason: unknown;
    const { url, queue, journal, stop } = await serve(
      (_input, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            reason = signal.reason;
            reject(signal.reason);
          });
        }),
    );
    const endless = ask(url, callFor(1)).catch((error: unknown) => error);
    const waiting = ask(url, callFor(2)).catch((error: unknown) => error);
    await waitFor(() => queue.waiting === 1);
    await stop(50);
    expect(await endless).toMatchObject({ code: "WORKER_UNREACHABLE" });
    expect(await waiting).toMatchObject({ code: "WORKER_BUSY", facts: { reason: "WORKER_STOPPING" } });
    expect(reason).toMatchObject({ code: "WORKER_CALLER_GONE" });
    // Nobody got a signature for what was called off.
    expect(journal.said("A request was answered.")).toEqual([]);
  });

  test("stopping lets a running inference end and turns away what waits", async () => {
    let end: (output: Uint8Array) => void = () => undefined;
    const { url, queue, stop } = await serve(
      () =>
        new Promise((resolve) => {
          end = resolve;
        }),
    );
    const running = ask(url, callFor(1));
    await waitFor(() => queue.running === 1);
    const waiting = ask(url, callFor(2)).catch((error: unknown) => error);
    await waitFor(() => queue.waiting === 1);
    const stopped = stop(20_000);
    expect(await waiting).toMatchObject({ code: "WORKER_BUSY", facts: { reason: "WORKER_STOPPING" } });
    end(Uint8Array.of(1));
    expect((await running).signed.answer.status).toBe(answerStatuses.ok);
    await stopped;
    await expect(ask(url, callFor(3))).rejects.toMatchObject({ code: "WORKER_UNREACHABLE" });
  });

  test("a worker with a real model stops in the middle of its work", async () => {
    const journal = recordingLog();
    const worker = await startWorker({ ...common, models: ["smollm2-135m-instruct"], log: journal.log });
    const prompts = Array.from({ length: 8 }, (_, i) => exampleCall("smollm2-135m-instruct", `Count to ${i + 20}.`));
    const asked = Promise.allSettled(prompts.map((call) => ask(worker.url, call)));
    const waitingNow = async () => {
      // CAST: the worker's own health answer.
      const health = (await (await fetch(`${worker.url}/health`)).json()) as { models: { waiting: number }[] };
      return health.models[0]?.waiting ?? 0;
    };
    while ((await waitingNow()) < 4) await new Promise((resolve) => setTimeout(resolve, 1));
    await Promise.all([worker.close(), worker.close()]);
    const outcomes = await asked;
    const turnedAway = outcomes.filter(({ status }) => status === "rejected");
    expect(turnedAway.length).toBeGreaterThan(0);
    for (const one of turnedAway) {
      expect(one).toMatchObject({ reason: { code: expect.stringMatching(/^WORKER_(BUSY|UNREACHABLE)$/) } });
    }
    expect(journal.said("The worker stopped.")).toHaveLength(1);
    expect(journal.lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("the signal stops it like close, and one that is set already lets nothing start", async () => {
    const controller = new AbortController();
    const settings = { ...common, models: ["language-detection"] as const, signal: controller.signal };
    const worker = await startWorker({ ...settings, log: silentLog });
    expect((await fetch(`${worker.url}/health`)).status).toBe(200);
    controller.abort(new Error("stop"));
    await worker.close();
    await expect(fetch(`${worker.url}/health`)).rejects.toThrow();
    await expect(startWorker({ ...settings, log: silentLog })).rejects.toThrow("stop");
  });

  test("a port in use is named", async () => {
    const settings = { ...common, models: ["language-detection"] as const, log: silentLog };
    const first = await startWorker(settings);
    const port = Number(new URL(first.url).port);
    await expect(startWorker({ ...settings, port })).rejects.toMatchObject({
      code: "WORKER_LISTEN_FAILED",
      facts: { port, reason: expect.stringContaining("EADDRINUSE") },
    });
    await first.close();
  });
});
