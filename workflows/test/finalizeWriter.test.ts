import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { encodeFunctionData } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../../chains/test/support/mining.js";
import type { RequestBodies } from "../src/activities/requestBodies.js";
import { finalizeWriter } from "../src/effects/finalizeWriter.js";
import { resultArgument } from "../src/effects/settledResult.js";
import type { FinalizationReference } from "../src/flows/contract.js";
import { indexOf, type Lane, noteBook, openLane, takesAll, WINDOW_SECONDS } from "./lane.js";

let lane: Lane;
const stop = new AbortController();
beforeAll(async () => {
  lane = await openLane({ hub: 31_341, origin: 31_342 });
});
afterAll(async () => {
  stop.abort();
  await lane.close();
});

const windowed = { policyId: 2, callbackGasLimit: 100_000, consumer: takesAll } as const;
const ourNonce = () => lane.origin.client.getTransactionCount({ address: lane.origin.ours.address });
const credit = (who: `0x${string}`) =>
  lane.origin.client.readContract({
    address: lane.ref.gateway,
    abi: inferenceGatewayAbi,
    functionName: "credits",
    args: [`0x${"00".repeat(20)}`, who],
  });

/** A request whose result is pending. */
async function pending(): Promise<RequestBodies> {
  const request = await lane.ask({ terms: windowed });
  await lane.deliver(request, await lane.answer(request));
  expect(await lane.stateOf(request)).toMatchObject({ state: "pending", disputed: false });
  return request;
}

function look(request: RequestBodies, attempt = 1) {
  const { requestId } = request;
  const effect = { kind: "finalize", lane: "origin", requestId, attempt, payload: null } as const;
  const id = `finalize/origin/${requestId}/${attempt}`;
  const batch = { id, kind: "finalize", lane: "origin", effects: [effect], notes: null } as const;
  const index = {
    ...indexOf([request]),
    resultOf: () => lane.resultOf(request),
    settlementOf: async () => null,
  };
  const { client } = lane.origin;
  const parts = { chain: "origin", client, gateway: lane.ref.gateway, index, signal: stop.signal };
  const book = noteBook();
  const references = finalizeWriter({ ...parts, sender: lane.sender("origin") }).act(batch, book);
  // CAST: the writer's reference.
  return { said: book.said, found: references.then(([it]) => it?.reference as unknown as FinalizationReference) };
}

async function finalAt(request: RequestBodies): Promise<number> {
  const word = await lane.stateOf(request);
  if (word.state !== "pending") throw new Error(word.state);
  return word.finalAt;
}

test("a pending result is left alone while its window lasts, and who may dispute it is named", async () => {
  const request = await pending();
  const before = await ourNonce();
  const { verifier } = await lane.origin.client.readContract({
    address: lane.ref.gateway,
    abi: inferenceGatewayAbi,
    functionName: "policyOf",
    args: [2],
  });
  const end = await finalAt(request);
  expect(await look(request).found).toMatchObject({ outcome: "pending", finalAt: end, disputed: false, verifier });
  expect(await ourNonce()).toBe(before);
});

test("after it the chain's own clock is waited for; then everybody is paid and the consumer told", async () => {
  const request = await pending();
  const [worker] = lane.workers;
  const owed = await credit(worker.address);
  await lane.passTime(WINDOW_SECONDS - 10);
  const { said, found } = look(request);
  await until(() => said.length > 0);
  expect(said[0]?.reason).toContain("clock");
  expect((await lane.stateOf(request)).state).toBe("pending");
  await lane.passTime(11);
  expect(await found).toMatchObject({ outcome: "delivered", callback: "succeeded" });
  expect((await lane.stateOf(request)).state).toBe("delivered");
  expect(await credit(worker.address)).toBeGreaterThan(owed);
});

test("a dispute moves the end; when it is upheld the result becomes final after all", async () => {
  const request = await pending();
  const end = await finalAt(request);
  await lane.passTime(WINDOW_SECONDS / 2);
  await lane.rules(request, "dispute");
  const later = await finalAt(request);
  expect(later).toBeGreaterThan(end);
  expect(await look(request).found).toMatchObject({ outcome: "pending", finalAt: later, disputed: true });
  await lane.rules(request, "uphold");
  await lane.passTime(WINDOW_SECONDS + 1);
  expect(await look(request, 2).found).toMatchObject({ outcome: "delivered" });
});

test("an overturned result is declined, without a transaction of ours", async () => {
  const request = await pending();
  await lane.rules(request, "dispute");
  await lane.rules(request, "overturn");
  const before = await ourNonce();
  expect(await look(request).found).toMatchObject({ outcome: "declined", finalizeTx: null });
  expect(await ourNonce()).toBe(before);
});

test("a dispute nobody rules on ends by a refund", async () => {
  const request = await pending();
  await lane.rules(request, "dispute");
  await lane.passTime(WINDOW_SECONDS + 1);
  expect(await look(request).found).toMatchObject({ outcome: "declined", finalizeTx: expect.stringMatching(/^0x/) });
  expect((await lane.stateOf(request)).state).toBe("declined");
});

test("what somebody else finalised is only reported", async () => {
  const request = await pending();
  await lane.passTime(WINDOW_SECONDS + 1);
  const result = await lane.resultOf(request);
  const args = [request.terms, resultArgument(result), result.output, request.context] as const;
  const data = encodeFunctionData({ abi: inferenceGatewayAbi, functionName: "finalize", args });
  await lane.strangerSends({ to: lane.ref.gateway, data });
  const before = await ourNonce();
  expect(await look(request).found).toMatchObject({ outcome: "delivered", finalizeTx: null });
  expect(await ourNonce()).toBe(before);
});

test("a result a reorganisation took away is an error that says what can be done", async () => {
  const request = await lane.ask({ terms: windowed });
  await expect(look(request).found).rejects.toMatchObject({ code: "FINALIZE_RESULT_GONE", actor: "operator" });
});
