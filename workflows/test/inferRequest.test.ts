import { createServer, type Server } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { InferenceCall } from "@herald/ritual/infernet/containerProtocol";
import { createAnswerer } from "@herald/ritual/worker/answerCall";
import { FairQueue } from "@herald/ritual/worker/fairQueue";
import { createHttpService } from "@herald/ritual/worker/httpService";
import { listen } from "@herald/ritual/worker/listen";
import { parseChainId, parseModelId } from "@herald/wire/ids";
import { silentLog } from "@herald/wire/log";
import type { Terms } from "@herald/wire/terms";
import { requestIdOf } from "@herald/wire/typedData";
import { ApplicationFailure } from "@temporalio/common";
import { type Address, type Hex, hexToString, keccak256, stringToHex, zeroAddress } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import {
  createInferRequest,
  type KnownWorker,
  MAX_HASHED_OUTPUT_BYTES,
  MAX_INLINE_OUTPUT_BYTES,
} from "../src/activities/inferRequest.js";
import type { RequestBodies } from "../src/activities/requestBodies.js";
import type { Inference } from "../src/flows/contract.js";
import { inActivity } from "./activityContext.js";
import { indexOf, spanBook } from "./lane.js";

// Real workers behind real HTTP; only their model is a function.
type Run = (input: Uint8Array, signal: AbortSignal) => Promise<Uint8Array>;
interface TestWorker extends KnownWorker {
  readonly asked: InferenceCall[];
  /** Whose it is, by the worker set of the policy; null = it is not in the set. */
  operator: Address | null;
}
const modelId = parseModelId(keccak256(stringToHex("a model")));
const payee = privateKeyToAccount(generatePrivateKey()).address;
const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

const says =
  (text: string): Run =>
  async () =>
    new TextEncoder().encode(text);
const never: Run = (_input, signal) =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));

let count = 0;
async function worker(run: Run, operator?: Address | null): Promise<TestWorker> {
  const account = privateKeyToAccount(generatePrivateKey());
  const served = { name: "a model", loaded: { run, dispose: async () => undefined }, queue: new FairQueue(8) };
  const answer = createAnswerer({
    account,
    payee: account.address,
    models: new Map([[modelId, served]]),
    log: silentLog,
  });
  const asked: InferenceCall[] = [];
  const server = createHttpService({
    answer: (call, signal) => {
      asked.push(call);
      return answer(call, signal);
    },
    health: () => ({ status: "healthy" }),
    resources: () => ({}),
    log: silentLog,
  });
  servers.push(server);
  const url = await listen(server, "127.0.0.1", 0);
  const owner = operator === undefined ? account.address : operator;
  return { name: `worker-${count++}`, url, address: account.address, asked, operator: owner };
}

/** Something that is no worker answers at the worker's place. */
async function impostor(body: string): Promise<TestWorker> {
  const real = await worker(says("never asked"));
  const server = createServer((_request, response) => response.writeHead(200).end(body));
  servers.push(server);
  return { ...real, url: await listen(server, "127.0.0.1", 0) };
}

function exampleRequest(outputMode = 0): RequestBodies {
  const input = stringToHex(`question ${count++}`);
  const ref = { chainId: parseChainId(31_102), gateway: payee };
  const terms: Terms = {
    version: 1,
    salt: keccak256(input),
    requester: payee,
    consumer: payee,
    refundTo: payee,
    callbackGasLimit: 0,
    contextHash: keccak256("0x"),
    modelId,
    inputHash: keccak256(input),
    inputMode: 0,
    outputMode,
    policyId: 1,
    feeToken: zeroAddress,
    workerFee: 1n,
    relayFee: 1n,
    protocolFee: 0n,
    relayer: zeroAddress,
    deadline: 1_900_000_000,
  };
  return { requestId: requestIdOf(ref, terms), chain: "base", ref, terms, input, context: "0x", finalAt: null };
}

/** Inferences under way, each called off after its test. */
const underWay: { cancel(): void; result: Promise<unknown> }[] = [];
afterEach(async () => {
  for (const it of underWay.splice(0)) {
    it.cancel();
    await it.result.catch(() => undefined);
  }
});

function relayerWith(
  workers: readonly TestWorker[],
  change: { k?: number; timeoutMs?: number; decided?: Inference; outputMode?: number } = {},
) {
  const requests = [exampleRequest(change.outputMode), exampleRequest(change.outputMode)] as const;
  const spans = spanBook();
  const inferRequest = createInferRequest({
    workers,
    timeoutMs: change.timeoutMs ?? 60_000,
    payee,
    index: indexOf(requests),
    decided: async () => change.decided,
    ruleOf: async () => ({
      k: change.k ?? 2,
      setId: 7,
      operatorOf: async (address) => workers.find((it) => it.address === address)?.operator ?? null,
    }),
    spans,
    log: silentLog,
  });
  const infer = (request: RequestBodies = requests[0]) => {
    // CAST: the activity looks at the id only; the bodies come from the index.
    const running = inActivity(() =>
      inferRequest({ requestId: request.requestId } as Parameters<typeof inferRequest>[0]),
    );
    underWay.push(running);
    running.result.catch(() => undefined);
    return running;
  };
  return { infer, requests, spans: spans.spans };
}

// CAST: hex by construction.
const textOf = ({ output }: Inference) => hexToString(output as Hex);
async function failureOf(result: Promise<unknown>): Promise<ApplicationFailure & { reasons: string }> {
  const error = await result.catch((it: unknown) => it);
  if (!(error instanceof ApplicationFailure)) throw new Error(`no failure: ${String(error)}`);
  return Object.assign(error, { reasons: JSON.stringify(error.details?.[0]) });
}

describe("inference", () => {
  test("is k signed answers of distinct operators to one output", async () => {
    const workers = [await worker(says("yes")), await worker(says("yes"))];
    const { infer, requests, spans } = relayerWith(workers);
    const inference = await infer().result;
    expect(textOf(inference)).toBe("yes");
    expect(inference.status).toBe(1);
    expect(inference.answers.map((it) => it.worker).sort()).toEqual(workers.map((it) => it.address).sort());
    expect(inference.answers.map((it) => it.answer.relayer)).toEqual([payee, payee]);
    expect(workers[0]?.asked[0]).toMatchObject({ input: requests[0].input, terms: requests[0].terms });
    expect(spans).toEqual([{ what: "model", ids: [requests[0].requestId], ms: expect.any(Number) }]);
  });

  test.each<[string, () => Promise<TestWorker>]>([
    ["is dead", async () => ({ ...(await worker(says("yes"))), url: "http://127.0.0.1:1" })],
    ["talks rubbish", () => impostor("<html>welcome</html>")],
    ["sends another's form", () => impostor('{"raw_output":"796573","proof":"00"}')],
    ["is not in the set", () => worker(says("yes"), null)],
    ["says something else", () => worker(says("no"))],
    ["is too slow", () => worker(never)],
    ["says too much", () => worker(says("x".repeat(MAX_INLINE_OUTPUT_BYTES + 1)))],
  ])("goes on with the next worker where one %s", async (_what, bad) => {
    const wrong = await bad();
    const right = [await worker(says("yes")), await worker(says("yes"))];
    const { infer } = relayerWith([wrong, ...right], { timeoutMs: 5_000 });
    const inference = await infer().result;
    expect(textOf(inference)).toBe("yes");
    expect(inference.answers.map((it) => it.worker).sort()).toEqual(right.map((it) => it.address).sort());
  });

  test("may be longer where only its hash is asked for, and has a limit there too", async () => {
    const long = "x".repeat(MAX_HASHED_OUTPUT_BYTES);
    const workers = [await worker(says(long)), await worker(says(long))];
    expect(textOf(await relayerWith(workers, { outputMode: 1 }).infer().result)).toBe(long);
    const longer = [await worker(says(`${long}x`)), await worker(says(`${long}x`))];
    const { reasons } = await failureOf(relayerWith(longer, { outputMode: 1 }).infer().result);
    expect(reasons).toMatch(/INFERENCE_OUTPUT_TOO_LARGE.*65536/);
  });

  test("without k alike fails with every worker's reason, and may be tried again", async () => {
    const dead = { ...(await worker(says("yes"))), url: "http://127.0.0.1:1" };
    const outside = await worker(says("yes"), null);
    const { infer } = relayerWith([await worker(says("yes")), dead, outside, await impostor("rubbish")]);
    const failure = await failureOf(infer().result);
    expect(failure).toMatchObject({ type: "INFERENCE_NO_QUORUM", nonRetryable: false });
    expect(failure.details?.[0]).toMatchObject({ actor: "operator", facts: { wanted: "2", agreeing: "1" } });
    for (const word of ["WORKER_UNREACHABLE", "WORKER_NOT_IN_SET", "WORKER_ANSWER_MALFORMED"]) {
      expect(failure.reasons).toContain(word);
    }
    // One that may not vouch is not even bothered.
    expect(outside.asked).toEqual([]);
  });

  test("does not count two keys of one operator twice", async () => {
    const workers = [await worker(says("yes"), payee), await worker(says("yes"), payee)];
    expect(await failureOf(relayerWith(workers).infer().result)).toMatchObject({ type: "INFERENCE_NO_QUORUM" });
  });

  test("does not take an answer signed by another key than the configured one", async () => {
    const [one, two] = [await worker(says("yes")), await worker(says("yes"))];
    const swapped = { ...two, address: payee, operator: payee };
    const failure = await failureOf(relayerWith([one, swapped]).infer().result);
    expect(failure.reasons).toContain("WORKER_WRONG_SIGNER");
  });

  test("that was decided before stands, and nobody is asked again", async () => {
    const decided: Inference = { status: 1, output: "0x6869", answers: [], at: 5 };
    const workers = [await worker(says("other")), await worker(says("other"))];
    expect(await relayerWith(workers, { decided }).infer().result).toEqual(decided);
    expect(workers.flatMap((it) => it.asked)).toEqual([]);
  });

  test("beats while workers think, and hangs up when it is cancelled", async () => {
    let calledOff = 0;
    const thinking: Run = (input, signal) => {
      signal.addEventListener("abort", () => calledOff++, { once: true });
      return never(input, signal);
    };
    const running = relayerWith([await worker(thinking), await worker(thinking)], { timeoutMs: 60_000 }).infer();
    for (const until = Date.now() + 60_000; running.beats() === 0 && Date.now() < until; ) await delay(20);
    expect(running.beats()).toBeGreaterThan(0);
    running.cancel();
    await expect(running.result).rejects.toThrow();
    for (const until = Date.now() + 60_000; calledOff < 2 && Date.now() < until; ) await delay(20);
    expect(calledOff).toBe(2);
    const beats = running.beats();
    await delay(2_200);
    expect(running.beats()).toBe(beats);
  });

  test("begins elsewhere with each request, so that every worker gets its share", async () => {
    const workers = [await worker(says("yes")), await worker(says("yes")), await worker(says("yes"))];
    const { infer, requests } = relayerWith(workers, { k: 1 });
    await infer(requests[0]).result;
    await infer(requests[1]).result;
    expect(workers.map((it) => it.asked.length).sort()).toEqual([0, 1, 1]);
  });

  test("of a request the index does not know fails in Temporal's own terms", async () => {
    const { infer } = relayerWith([]);
    expect(await failureOf(infer(exampleRequest()).result)).toMatchObject({ type: "FLOW_ACTIVITY_FAILED" });
  });
});
