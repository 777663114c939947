import { dispatchedMessages } from "@herald/chains/hyperlane/dispatchedMessages";
import { resultHubAbi } from "@herald/wire/abi/ResultHub";
import { decodeResultsBody } from "@herald/wire/body";
import { decodeResultItem } from "@herald/wire/result";
import { termsToJson } from "@herald/wire/terms";
import {
  decodeFunctionData,
  encodeAbiParameters,
  encodeFunctionData,
  type Hex,
  pad,
  parseAbi,
  parseAbiParameters,
  size,
} from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MemoryTransactionStore } from "../../chains/test/support/memoryTransactionStore.js";
import { createEffectActivities } from "../src/activities/createActivities.js";
import type { RequestBodies } from "../src/activities/requestBodies.js";
import { itemGas, MESSAGE_GAS } from "../src/effects/deliveryGas.js";
import type { Effect } from "../src/effects/outbox.js";
import { resultWriter } from "../src/effects/resultWriter.js";
import type { RequestArgs } from "../src/flows/contract.js";
import { inActivity } from "./activityContext.js";
import { exampleInference, exampleRequest } from "./exampleRequest.js";
import { indexOf, type Lane, noteBook, openLane, spanBook } from "./lane.js";

let lane: Lane;
/** Wei the hub's Mailbox charges a message. */
const HUB_FEE = 1_234n;
/** What the lane's policy promises its verifier. */
const VERIFY_GAS = 300_000;

beforeAll(async () => {
  lane = await openLane({ hub: 31_301, origin: 31_302 });
  await chargeForMessages();
});
afterAll(() => lane.close());

let hook: Hex;
const earned = () => lane.hub.client.getBalance({ address: hook });

/** A required hook that asks for money, as the hub's operator may set one at any time. */
async function chargeForMessages(): Promise<void> {
  const { hyperlane, owner, configure } = lane.hub;
  const parameters = parseAbiParameters("uint256 maxFee, uint256 fee, address beneficiary, address owner");
  const args = encodeAbiParameters(parameters, [HUB_FEE, HUB_FEE, owner.address, owner.address]);
  hook = await hyperlane.deploy("hooks/ProtocolFee", args);
  const abi = parseAbi(["function setRequiredHook(address hook)"]);
  await configure(hyperlane.mailbox, encodeFunctionData({ abi, functionName: "setRequiredHook", args: [hook] }));
}

async function batchOf(requests: readonly RequestBodies[]) {
  const effects: Effect[] = [];
  for (const { requestId, terms } of requests) {
    // CAST: JSON by construction, as createEffectActivities makes it.
    const payload = { ...(await lane.answer({ ...requests[0], requestId, terms } as RequestBodies)) } as never;
    effects.push({
      kind: "result",
      lane: "origin",
      requestId,
      attempt: 1,
      payload: Object.assign(payload, { callbackGasLimit: 0 }),
    });
  }
  return {
    id: `result/origin/${requests[0]?.requestId}/1`,
    kind: "result",
    lane: "origin",
    effects,
    notes: null,
  } as const;
}

function writerWith(
  requests: readonly RequestBodies[],
  store = new MemoryTransactionStore(),
  verifyGas: number = VERIFY_GAS,
) {
  return resultWriter({
    chain: "origin",
    domain: lane.origin.domain,
    resultHub: lane.resultHub,
    client: lane.hub.client,
    sender: lane.sender("hub", store),
    index: indexOf(requests),
    verifyGasOf: async () => verifyGas,
    spans: spanBook(),
  });
}

/** The batch as the activity leaves it in the outbox. */
async function enteredBy(request: RequestBodies) {
  const inference = await lane.answer(request);
  const effects: Effect[] = [];
  const enter = async (effect: Effect) => ({ reference: effects.push(effect) });
  // CAST: the activity uses no more of an outbox, and of its request what is here.
  const { publishResult } = createEffectActivities({ enter } as never);
  const args = { requestId: request.requestId, chain: "origin", terms: termsToJson(request.terms) } as RequestArgs;
  await inActivity(() => publishResult(args, inference)).result;
  const id = `result/origin/${request.requestId}/1`;
  return { inference, batch: { id, kind: "result", lane: "origin", effects, notes: null } as const };
}

const hubNonce = () => lane.hub.client.getTransactionCount({ address: lane.hub.ours.address });

describe("results into the hub", () => {
  test("several in one message, which pays what the hub asks for and carries what was signed", async () => {
    const requests = [await lane.ask(), await lane.ask()];
    const batch = await batchOf(requests);
    const before = await earned();
    const references = await writerWith(requests).act(batch, noteBook());
    // CAST: what the writer makes of an effect.
    const [first, second] = references.map((it) => it.reference as { messageId: Hex; hubTx: Hex });
    expect(first).toEqual(second);
    expect(references.map((it) => it.key.requestId)).toEqual(requests.map((it) => it.requestId));

    const hash = first?.hubTx ?? "0x";
    // A quarter more is sent against a quote that rises, and comes back.
    expect((await lane.hub.client.getTransaction({ hash })).value).toBe(HUB_FEE + HUB_FEE / 4n);
    expect(await lane.hub.client.getBalance({ address: lane.resultHub })).toBe(0n);
    expect((await earned()) - before).toBe(HUB_FEE);
    const [message] = dispatchedMessages(await lane.hub.client.getTransactionReceipt({ hash }));
    expect(message?.messageId).toBe(first?.messageId);
    const items = decodeResultsBody(message?.body ?? "0x").map(decodeResultItem);
    expect(items.map((it) => it.terms)).toEqual(requests.map((it) => it.terms));
    // CAST: JSON by construction.
    expect(items.map((it) => it.output)).toEqual(batch.effects.map((it) => (it.payload as { output: Hex }).output));
  });

  test("a batch that is taken up again after a kill follows its transaction", async () => {
    const requests = [await lane.ask()];
    const batch = await batchOf(requests);
    const store = new MemoryTransactionStore();
    const before = await hubNonce();
    const [first] = await writerWith(requests, store).act(batch, noteBook());
    // Killed before the batch was closed: another process, the same store and batch.
    const [again] = await writerWith(requests, store).act(batch, noteBook());
    const message = { messageId: expect.stringMatching(/^0x[0-9a-f]{64}$/), hubTx: store.all[0]?.minedHash };
    expect(first?.reference).toMatchObject(message);
    // CAST: what the writer makes of an effect.
    expect(again?.reference).toMatchObject({ ...(first?.reference as object), at: expect.any(Number) });
    expect(await hubNonce()).toBe(before + 1);
    expect(store.all.map((it) => it.id)).toEqual([batch.id]);
  });

  test("an output asked for by its hash stays behind, and its callback is paid for when it is revealed", async () => {
    const request = await lane.ask({ terms: { outputMode: 1, callbackGasLimit: 4_000_000 } });
    const { batch, inference } = await enteredBy(request);
    const [done] = await writerWith([request]).act(batch, noteBook());
    // CAST: what the writer makes of an effect.
    const { hubTx } = (done?.reference ?? {}) as { hubTx: Hex };
    const { input } = await lane.hub.client.getTransaction({ hash: hubTx });
    const { args } = decodeFunctionData({ abi: resultHubAbi, data: input });
    const [, , , gas] = args ?? [];
    expect(gas).toBeLessThan(4_000_000n);
    const [message] = dispatchedMessages(await lane.hub.client.getTransactionReceipt({ hash: hubTx }));
    const [item] = decodeResultsBody(message?.body ?? "0x").map(decodeResultItem);
    expect(item).toMatchObject({ output: "0x", outputHash: inference.answers[0]?.answer.outputHash });
  });

  test("an inference without answers is a bug and costs nothing", async () => {
    const requests = [await lane.ask()];
    const batch = await batchOf(requests);
    const before = await hubNonce();
    // CAST: JSON by construction.
    const empty = batch.effects.map((it) => ({ ...it, payload: { ...(it.payload as object), answers: [] } }));
    const acted = writerWith(requests).act({ ...batch, effects: empty }, noteBook());
    await expect(acted).rejects.toMatchObject({ code: "RESULT_WITHOUT_ANSWER", actor: "bug" });
    expect(await hubNonce()).toBe(before);
  });
});

describe("what shares a message", () => {
  const asked: RequestBodies[] = [];
  const effect = (callbackGasLimit: number, bytes: number): Effect => {
    const request = exampleRequest(60_000);
    const { requestId } = request;
    asked.push(request);
    const output = `0x${"ab".repeat(bytes)}`;
    // CAST: JSON by construction.
    const payload = { ...exampleInference(requestId), output, callbackGasLimit } as never;
    return { kind: "result", lane: "origin", requestId, attempt: 1, payload };
  };
  const group = (effects: readonly Effect[]) => writerWith(asked).group(effects);
  // CAST: JSON by construction.
  const outputOf = (it: Effect) => (it.payload as { output: Hex }).output;
  const gasOf = (it: Effect) => (it.payload as { callbackGasLimit: number }).callbackGasLimit;

  test("is bounded by gas, bytes and number, in order, nothing lost", async () => {
    const effects = [
      ...Array.from({ length: 45 }, () => effect(0, 10)),
      ...Array.from({ length: 9 }, () => effect(5_000_000, 10)),
      ...Array.from({ length: 5 }, () => effect(100_000, 32 * 1024)),
      ...Array.from({ length: 30 }, (_, i) => effect(i * 100_000, i * 700)),
    ];
    const groups = await group(effects);
    expect(groups.flat()).toEqual(effects);
    for (const items of groups) {
      const bytes = items.reduce((sum, it) => sum + size(outputOf(it)), 0);
      const gas = items.reduce(
        (sum, it) => sum + itemGas({ verifyGas: VERIFY_GAS, callbackGasLimit: gasOf(it), bytes: size(outputOf(it)) }),
        MESSAGE_GAS,
      );
      expect(items.length).toBeLessThanOrEqual(20);
      expect(bytes).toBeLessThanOrEqual(60_000);
      expect(gas).toBeLessThanOrEqual(12_000_000n);
    }
  });

  test("is as much as fits: no message more than it takes", async () => {
    const lengths = async (effects: readonly Effect[]) => (await group(effects)).map((it) => it.length);
    expect(await lengths(Array.from({ length: 45 }, () => effect(0, 10)))).toEqual([20, 20, 5]);
    expect(await lengths(Array.from({ length: 5 }, () => effect(5_000_000, 10)))).toEqual([2, 2, 1]);
    expect(await lengths(Array.from({ length: 3 }, () => effect(0, 32 * 1024)))).toEqual([1, 1, 1]);
    expect(await lengths(Array.from({ length: 4 }, () => effect(0, 16 * 1024)))).toEqual([3, 1]);
  });

  test("what is too large for any company goes alone", async () => {
    const [small, large] = [effect(0, 1), effect(0, 80_000)];
    expect((await group([small, large, small])).map((it) => it.length)).toEqual([1, 1, 1]);
    expect(await group([])).toEqual([]);
  });

  test("counts what each request's policy promises its verifier", async () => {
    const writer = writerWith(asked, new MemoryTransactionStore(), 3_000_000);
    const groups = await writer.group(Array.from({ length: 7 }, () => effect(0, 10)));
    expect(groups.map((it) => it.length)).toEqual([3, 3, 1]);
  });

  test("follows the lane's cap when the hub's owner changes it", async () => {
    const cap = async (maxGas: number) => {
      const args = [lane.origin.domain, pad(lane.ref.gateway), maxGas] as const;
      const data = encodeFunctionData({ abi: resultHubAbi, functionName: "setGateway", args });
      await lane.hub.configure(lane.resultHub, data);
    };
    const lengths = async () =>
      (await group(Array.from({ length: 4 }, () => effect(1_000_000, 10)))).map((it) => it.length);
    expect(await lengths()).toEqual([4]);
    await cap(4_000_000);
    expect(await lengths()).toEqual([2, 2]);
    await cap(12_000_000);
  });
});
