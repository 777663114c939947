import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { decodeStateWord } from "@herald/wire/stateWord";
import { encodeFunctionData } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../../chains/test/support/mining.js";
import type { RequestBodies } from "../src/activities/requestBodies.js";
import { refundWriter } from "../src/effects/refundWriter.js";
import { indexOf, type Lane, noteBook, openLane } from "./lane.js";

let lane: Lane;
const stop = new AbortController();

beforeAll(async () => {
  lane = await openLane({ hub: 31_311, origin: 31_312 });
});
afterAll(async () => {
  stop.abort();
  await lane.close();
});

/** Lets the writer close one request; `said` grows as it explains itself. */
function refund(request: RequestBodies) {
  const { requestId } = request;
  const effect = { kind: "refund", lane: "origin", requestId, attempt: 1, payload: null } as const;
  const batch = {
    id: `refund/origin/${requestId}/1`,
    kind: "refund",
    lane: "origin",
    effects: [effect],
    notes: null,
  } as const;
  const { client } = lane.origin;
  const parts = { chain: "origin", client, gateway: lane.ref.gateway, index: indexOf([request]), signal: stop.signal };
  const book = noteBook();
  const references = refundWriter({ ...parts, sender: lane.sender("origin") }).act(batch, book);
  return { said: book.said, reference: references.then(([it]) => it?.reference) };
}

async function passTime(seconds: number): Promise<void> {
  await lane.origin.control.increaseTime({ seconds });
  await lane.origin.control.mine({ blocks: 1 });
}
const stateOf = async ({ requestId }: RequestBodies) =>
  decodeStateWord(
    await lane.origin.client.readContract({
      address: lane.ref.gateway,
      abi: inferenceGatewayAbi,
      functionName: "stateOf",
      args: [requestId],
    }),
  );
const ourNonce = () => lane.origin.client.getTransactionCount({ address: lane.origin.ours.address });

describe("refunds", () => {
  test("wait for the chain's own clock, whatever ours says, and say so", async () => {
    const request = await lane.ask({ seconds: 60 });
    const before = await ourNonce();
    const { said, reference } = refund(request);
    await until(() => said.length > 0);
    expect(said).toEqual([{ reason: expect.stringContaining("clock has not passed"), actor: "nobody" }]);
    expect((await stateOf(request)).state).toBe("open");
    expect(await ourNonce()).toBe(before);

    await passTime(61);
    // CAST: what the writer makes of an effect.
    const { refundTx } = (await reference) as { refundTx: `0x${string}` };
    expect(await reference).toMatchObject({ outcome: "expired" });
    expect((await lane.origin.client.getTransactionReceipt({ hash: refundTx })).status).toBe("success");
    expect((await stateOf(request)).state).toBe("expired");
  });

  test("of a cancelled request wait for its new closing time, not for the deadline", async () => {
    const request = await lane.ask({ seconds: 3 * 3_600 });
    const data = encodeFunctionData({ abi: inferenceGatewayAbi, functionName: "cancel", args: [request.terms] });
    const { walletOf, ours, client } = lane.origin;
    const hash = await walletOf(ours).sendTransaction({ to: lane.ref.gateway, data });
    await client.waitForTransactionReceipt({ hash, pollingInterval: 20 });
    const { said, reference } = refund(request);
    await until(() => said.length > 0);
    expect((await stateOf(request)).state).toBe("open");
    await passTime(3_601);
    expect(await reference).toMatchObject({ outcome: "expired", refundTx: expect.stringMatching(/^0x/) });
    expect((await stateOf(request)).state).toBe("expired");
  });

  test("of a request with a pending result are left to its window", async () => {
    const request = await lane.ask({ seconds: 60, terms: { policyId: 2 } });
    await lane.deliver(request, await lane.answer(request));
    const before = await ourNonce();
    expect(await refund(request).reference).toMatchObject({ outcome: "pending", refundTx: null });
    expect(await ourNonce()).toBe(before);
  });

  test("of a request somebody else closed are only reported", async () => {
    const request = await lane.ask({ seconds: 60 });
    await passTime(61);
    const data = encodeFunctionData({ abi: inferenceGatewayAbi, functionName: "expire", args: [request.terms] });
    await lane.strangerSends({ to: lane.ref.gateway, data });
    const before = await ourNonce();
    expect(await refund(request).reference).toMatchObject({ outcome: "expired", refundTx: null });
    expect(await ourNonce()).toBe(before);
  });

  test("of a request somebody closes while we wait for the clock send nothing either", async () => {
    const request = await lane.ask({ seconds: 60 });
    const { said, reference } = refund(request);
    await until(() => said.length > 0);
    const before = await ourNonce();
    // Closed in the very block in which the time has come.
    const { control, walletOf, ours, client } = lane.origin;
    await control.setAutomine(false);
    await control.increaseTime({ seconds: 61 });
    const data = encodeFunctionData({ abi: inferenceGatewayAbi, functionName: "expire", args: [request.terms] });
    const hash = await walletOf(ours).sendTransaction({ to: lane.ref.gateway, data, gas: 500_000n });
    await control.mine({ blocks: 1 });
    await control.setAutomine(true);
    expect((await client.getTransactionReceipt({ hash })).status).toBe("success");
    expect(await reference).toMatchObject({ outcome: "expired", refundTx: null });
    expect(await ourNonce()).toBe(before + 1);
  });

  test("of a request a reorganisation took away for good end without a transaction", async () => {
    const request = await lane.ask({ seconds: 30, open: false });
    const { said, reference } = refund(request);
    await until(() => said.length > 0);
    await passTime(31);
    const before = await ourNonce();
    expect(await reference).toMatchObject({ outcome: "expired", refundTx: null });
    expect(await ourNonce()).toBe(before);
  });

  test("of a request that comes back after a reorganisation, before its time, are made", async () => {
    const request = await lane.ask({ seconds: 30, open: false });
    const { said, reference } = refund(request);
    await until(() => said.length > 0);
    const { terms, input } = request;
    const data = encodeFunctionData({ abi: inferenceGatewayAbi, functionName: "request", args: [terms, input, "0x"] });
    const { walletOf, ours, client } = lane.origin;
    const hash = await walletOf(ours).sendTransaction({ to: lane.ref.gateway, data, value: 12n });
    await client.waitForTransactionReceipt({ hash, pollingInterval: 20 });
    expect((await stateOf(request)).state).toBe("open");
    await passTime(31);
    expect(await reference).toMatchObject({ outcome: "expired", refundTx: expect.stringMatching(/^0x/) });
    expect((await stateOf(request)).state).toBe("expired");
  });
});
