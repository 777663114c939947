import { isHeraldError } from "@herald/wire/errors";
import { answerStatuses } from "@herald/wire/lifecycle";
import { silentLog } from "@herald/wire/log";
import { hexToString } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { requestInference } from "../src/infernet/containerClient.js";
import { encodeCall, type InferenceCall, MAX_CALL_BYTES } from "../src/infernet/containerProtocol.js";
import { cacheFolder } from "../src/models/cacheFolder.js";
import { modelByName } from "../src/models/modelByName.js";
import { type RunningWorker, startWorker } from "../src/worker/startWorker.js";
import { addressOf, exampleCall, PYTHON_SOURCE } from "./exampleCall.js";
import { recordingLog } from "./recordingLog.js";

const accounts = [privateKeyToAccount(generatePrivateKey()), privateKeyToAccount(generatePrivateKey())] as const;
const journal = recordingLog();
let both: RunningWorker;
let small: RunningWorker;

const common = { payee: addressOf("payee"), host: "127.0.0.1", port: 0, cache: cacheFolder() } as const;

beforeAll(async () => {
  both = await startWorker({
    ...common,
    name: "worker-1",
    account: accounts[0],
    models: ["smollm2-135m-instruct", "language-detection"],
    log: journal.log,
  });
  small = await startWorker({
    ...common,
    name: "worker-2",
    account: accounts[1],
    models: ["language-detection"],
    log: silentLog,
  });
}, 300_000);
afterAll(async () => {
  await both.close();
  await small.close();
});

function ask(worker: RunningWorker, call: InferenceCall) {
  const limits = { signal: new AbortController().signal, timeoutMs: 100_000, log: silentLog };
  return requestInference({ url: worker.url, worker: worker.address, call, ...limits });
}

function post(body: string | ReadableStream, headers: Readonly<Record<string, string>> = {}) {
  const init = { method: "POST", body, headers: { "content-type": "application/json", ...headers }, duplex: "half" };
  // CAST: the types of Node 20 leave out `duplex`, which a streamed body needs.
  return fetch(`${small.url}/service_output`, init as RequestInit);
}

describe("answers", () => {
  test("the classifier's and the language model's, checked by the real client", async () => {
    const classified = await ask(both, exampleCall("language-detection", PYTHON_SOURCE));
    expect(JSON.parse(hexToString(classified.output))).toMatchObject({ label: "py" });
    expect(classified.signed.answer).toMatchObject({ status: answerStatuses.ok, payee: common.payee });

    const chatted = await ask(both, exampleCall("smollm2-135m-instruct", "Name three colors."));
    expect(hexToString(chatted.output)).toMatch(/red/i);
  });

  test("two workers with different keys agree on output and evidence hash", async () => {
    const call = exampleCall("language-detection", PYTHON_SOURCE);
    const [one, two] = await Promise.all([ask(both, call), ask(small, call)]);
    expect(one.output).toBe(two.output);
    expect(one.signed.answer.evidenceHash).toBe(two.signed.answer.evidenceHash);
    expect(one.signed.worker).not.toBe(two.signed.worker);
    expect(one.signed.signature).not.toBe(two.signed.signature);
  });

  test("a model it does not serve, and modes it cannot do, are signed as unsupported", async () => {
    for (const call of [
      exampleCall("smollm2-135m-instruct", "Hi"),
      exampleCall("language-detection", "Hi", { terms: { inputMode: 1 } }),
      exampleCall("language-detection", "Hi", { terms: { outputMode: 2 } }),
    ]) {
      const { output, signed } = await ask(small, call);
      expect(output).toBe("0x");
      expect(signed.answer.status).toBe(answerStatuses.unsupported);
    }
  });

  test.each([
    ["bytes that are no text", Uint8Array.of(0xff, 0xfe)],
    ["nothing", ""],
    ["more than the model takes", "x".repeat(40_000)],
  ])("%s is signed as refused", async (_name, input) => {
    const { output, signed } = await ask(small, exampleCall("language-detection", input));
    expect(output).toBe("0x");
    expect(signed.answer.status).toBe(answerStatuses.refused);
  });

  test("an input may be long, and its output may be wanted as a hash only", async () => {
    const call = exampleCall("language-detection", PYTHON_SOURCE.repeat(100), { terms: { outputMode: 1 } });
    expect((await ask(small, call)).signed.answer.status).toBe(answerStatuses.ok);
  });

  test("the same request gets the same signed answer, from one run, however often it is asked at once", async () => {
    const call = exampleCall("smollm2-135m-instruct", "Say hello.", { terms: { requester: addressOf("often") } });
    const before = journal.said("A request was answered.").length;
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(both, call)));
    for (const answer of [...answers, await ask(both, call)]) expect(answer).toEqual(answers[0]);
    expect(journal.said("A request was answered.").length).toBe(before + 1);

    // For another relayer it is another answer, with the same output.
    const other = await ask(both, { ...call, relayer: addressOf("other relayer") });
    expect(other.output).toBe(answers[0]?.output);
    expect(other.signed.signature).not.toBe(answers[0]?.signed.signature);
  });

  test("fifty different requests at once are all answered, each its own", async () => {
    const calls = Array.from({ length: 50 }, (_, i) => exampleCall("language-detection", `${PYTHON_SOURCE}# ${i}\n`));
    const answers = await Promise.all(calls.map((call) => ask(small, call)));
    expect(new Set(answers.map(({ signed }) => signed.answer.id)).size).toBe(50);
  });
});

describe("refusals", () => {
  const call = exampleCall("language-detection", PYTHON_SOURCE);
  const good = encodeCall(call);

  test.each([
    ["an input that does not hash", { ...good, data: { ...good.data, input: "00" } }, 400, "WORKER_INPUT_MISMATCH"],
    ["other terms", encodeCall({ ...call, terms: { ...call.terms, version: 2 } }), 400, "WORKER_CALL_MALFORMED"],
    ["half a call", { ...good, data: {} }, 400, "WORKER_CALL_MALFORMED"],
    [
      "terms for another relayer",
      encodeCall({ ...call, terms: { ...call.terms, relayer: addressOf("someone") } }),
      400,
      "WORKER_RELAYER_MISMATCH",
    ],
    ["no JSON", "{", 415, "WORKER_CALL_NOT_JSON"],
    ["far too much", "x".repeat(MAX_CALL_BYTES + 1), 413, "WORKER_CALL_TOO_LARGE"],
  ])("%s", async (_name, body, status, name) => {
    const response = await post(typeof body === "string" ? body : JSON.stringify(body));
    expect(response.status).toBe(status);
    // CAST: the next line checks it.
    const told = (await response.json()) as { readonly description: string };
    expect(told).toMatchObject({ code: String(status), name, description: expect.any(String) });
    expect(told.description.length).toBeLessThanOrEqual(1_000);
  });

  test("a body of unknown length is cut off at the limit", async () => {
    let sent = 0;
    const long = new ReadableStream({
      pull(controller) {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(120));
        if (sent >= 64 * MAX_CALL_BYTES) controller.close();
      },
    });
    // The refusal may be overtaken by the end of the connection; either way the worker stops reading.
    const outcome = await post(long).then(
      (response) => response.status,
      () => "cut off",
    );
    expect([413, "cut off"]).toContain(outcome);
    expect(sent).toBeLessThan(64 * MAX_CALL_BYTES);
    expect((await fetch(`${small.url}/health`)).status).toBe(200);
  });

  test("other types, methods and paths", async () => {
    expect((await post("{}", { "content-type": "text/plain" })).status).toBe(415);
    const wrong = await fetch(`${small.url}/service_output`);
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "POST"]);
    for (const path of ["/etc", "//", "/service_output/"]) {
      expect((await fetch(`${small.url}${path}`)).status).toBe(404);
    }
  });

  test("the client hands the worker's refusal on", async () => {
    const bad = exampleCall("language-detection", PYTHON_SOURCE, { call: { input: "0x00" } });
    const caught = await ask(small, bad).catch((error: unknown) => error);
    expect(isHeraldError(caught) && caught).toMatchObject({
      code: "WORKER_REJECTED",
      retry: "never",
      facts: { reason: "WORKER_INPUT_MISMATCH" },
    });
  });
});

describe("what it says of itself", () => {
  const get = async (path: string) => (await fetch(`${small.url}${path}`)).json();

  test("health and resources", async () => {
    expect(await get("/health")).toMatchObject({ status: "healthy", worker: small.address });
    const id = modelByName("language-detection").id;
    expect(await get("/service-resources")).toMatchObject({
      service_id: "worker-2",
      hardware_capabilities: [{ capability_id: "base" }],
      compute_capability: [{ capability_id: "ml", cached_models: [id] }],
      herald: { worker: small.address, models: [{ id, manifest: { name: "language-detection" } }] },
    });
    expect(small.models).toEqual([{ name: "language-detection", id }]);
    expect(await get(`/service-resources?model_id=${id}`)).toEqual({ supported: true });
    expect(await get("/service-resources?model_id=gpt")).toMatchObject({ supported: false });
  });
});
