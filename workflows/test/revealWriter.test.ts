import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { encodeFunctionData, type Hex, stringToHex } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { MemoryTransactionStore } from "../../chains/test/support/memoryTransactionStore.js";
import type { RequestBodies } from "../src/activities/requestBodies.js";
import { revealWriter } from "../src/effects/revealWriter.js";
import { resultArgument, type SettledResults } from "../src/effects/settledResult.js";
import type { Inference } from "../src/flows/contract.js";
import { indexOf, type Lane, noteBook, openLane, takesAll, takesNone } from "./lane.js";

let lane: Lane;
beforeAll(async () => {
  lane = await openLane({ hub: 31_331, origin: 31_332 });
});
afterAll(() => lane.close());

const byHash = { outputMode: 1, callbackGasLimit: 100_000 } as const;
const ourNonce = () => lane.origin.client.getTransactionCount({ address: lane.origin.ours.address });

/** Lets the writer reveal what `decided` says; each call is another process over the same store. */
async function reveal(
  request: RequestBodies,
  decided: Inference | undefined,
  store = new MemoryTransactionStore(),
  seen: SettledResults = { resultOf: () => lane.resultOf(request) },
) {
  const { requestId } = request;
  const effect = { kind: "reveal", lane: "origin", requestId, attempt: 1, payload: null } as const;
  const batch = { id: `reveal/origin/${requestId}/1`, kind: "reveal", lane: "origin", effects: [effect], notes: null };
  const index = { ...indexOf([request]), ...seen, settlementOf: async () => null };
  const parts = { chain: "origin", client: lane.origin.client, gateway: lane.ref.gateway, index };
  const writer = revealWriter({ ...parts, sender: lane.sender("origin", store), decided: async () => decided });
  const [done] = await writer.act({ ...batch, kind: "reveal" }, noteBook());
  // CAST: the writer's reference.
  return done?.reference as { readonly outcome: string; readonly revealTx: Hex | null; readonly callback: string };
}

async function revealed({ requestId }: RequestBodies): Promise<readonly Hex[]> {
  const args = { id: requestId };
  const filter = { address: lane.ref.gateway, abi: inferenceGatewayAbi, args, fromBlock: 0n, strict: true } as const;
  const logs = await lane.origin.client.getContractEvents({ ...filter, eventName: "OutputRevealed" });
  return logs.map((log) => log.args.output);
}

test("an output is made public once, its callback runs, and a killed process finds what it sent", async () => {
  const request = await lane.ask({ terms: { ...byHash, consumer: takesAll } });
  const answer = await lane.answer(request);
  await lane.deliver(request, answer);
  expect(await lane.stateOf(request)).toMatchObject({ state: "delivered", outputAwaited: true });

  const before = await ourNonce();
  const store = new MemoryTransactionStore();
  const reference = await reveal(request, answer, store);
  expect(reference).toMatchObject({ outcome: "revealed", callback: "succeeded" });
  expect(await revealed(request)).toEqual([answer.output]);
  expect(await lane.stateOf(request)).toMatchObject({ outputAwaited: false, callbackFailed: false });
  // Its reference was not written down: it acts again.
  expect(await reveal(request, answer, store)).toMatchObject({ outcome: "revealed" });
  expect(await ourNonce()).toBe(before + 1);
});

test("a consumer that fails is revealed to all the same, and that is said", async () => {
  const request = await lane.ask({ terms: { ...byHash, consumer: takesNone } });
  const answer = await lane.answer(request);
  await lane.deliver(request, answer);
  expect(await reveal(request, answer)).toMatchObject({ outcome: "revealed", callback: "failed" });
  expect(await lane.stateOf(request)).toMatchObject({ outputAwaited: false, callbackFailed: true });
});

test("what somebody else revealed is as good, and nothing is sent", async () => {
  const request = await lane.ask({ terms: { ...byHash, consumer: takesAll } });
  const answer = await lane.answer(request);
  await lane.deliver(request, answer);
  const result = resultArgument(await lane.resultOf(request));
  // CAST: hex by construction.
  const args = [request.terms, result, answer.output as Hex, request.context] as const;
  const data = encodeFunctionData({ abi: inferenceGatewayAbi, functionName: "reveal", args });
  await lane.strangerSends({ to: lane.ref.gateway, data });
  const before = await ourNonce();
  expect(await reveal(request, answer)).toMatchObject({ outcome: "revealed", revealTx: null });
  expect(await ourNonce()).toBe(before);
});

test("the result of another relayer has an output that only that one has", async () => {
  const request = await lane.ask({ terms: byHash });
  await lane.deliver(request, await lane.answer(request));
  const before = await ourNonce();
  const other = { ...(await lane.answer(request)), output: stringToHex("another answer") };
  expect(await reveal(request, other)).toMatchObject({ outcome: "foreign", revealTx: null });
  expect(await reveal(request, undefined)).toMatchObject({ outcome: "foreign" });
  expect(await ourNonce()).toBe(before);
});

test("what the watcher has not seen yet, or a reorganisation took away, is waited for", async () => {
  const request = await lane.ask({ terms: byHash });
  const answer = await lane.answer(request);
  const unseen = { code: "RESULT_UNSEEN", actor: "upstream", retry: { afterMs: 1_000 } };
  await expect(reveal(request, answer, undefined, { resultOf: async () => null })).rejects.toMatchObject(unseen);
  await lane.deliver(request, answer);
  await expect(reveal(request, answer, undefined, { resultOf: async () => null })).rejects.toMatchObject(unseen);
});
