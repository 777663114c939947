import { prepareDelivery } from "@herald/chains/hyperlane/deliveryCall";
import { dispatchedMessages } from "@herald/chains/hyperlane/dispatchedMessages";
import { resultHubAbi } from "@herald/wire/abi/ResultHub";
import type { Json } from "@herald/wire/canonicalJson";
import { silentLog } from "@herald/wire/log";
import { encodeAttestedProof, encodeResultItem } from "@herald/wire/result";
import { encodeFunctionData, type Hex, keccak256, type LocalAccount } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MemoryTransactionStore } from "../../chains/test/support/memoryTransactionStore.js";
import { until } from "../../chains/test/support/mining.js";
import type { RequestBodies } from "../src/activities/requestBodies.js";
import { deliveryWriter, type SettledElsewhere } from "../src/effects/deliveryWriter.js";
import { type GatewayVerdict, readSettlements } from "../src/effects/readSettlements.js";
import { type Lane, noteBook, openLane, spanBook } from "./lane.js";

let lane: Lane;
const stop = new AbortController();
const VERDICT: GatewayVerdict = { outcome: "delivered", rejection: null, callback: "none" };
const nothingSeen: SettledElsewhere = { settlementOf: async () => null };

beforeAll(async () => {
  lane = await openLane({ hub: 31_321, origin: 31_322 });
});
afterAll(async () => {
  stop.abort();
  await lane.close();
});

interface Published {
  readonly messageId: Hex;
  readonly hubTx: Hex;
}

/** Puts answers into the hub as a relayer does, with whatever signers. */
async function publish(
  requests: readonly RequestBodies[],
  signers: readonly (readonly LocalAccount[])[] = [],
): Promise<Published> {
  const items = await Promise.all(
    requests.map(async (request, i) => {
      const { output, answers, status } = await lane.answer(request, signers[i]);
      const proof = encodeAttestedProof(answers.map((it) => ({ ...it, signer: it.worker, payee: it.answer.payee })));
      const { evidenceHash, relayer } = answers[0]?.answer ?? { evidenceHash: "0x", relayer: lane.ref.gateway };
      // CAST: hex by construction.
      const bytes = output as Hex;
      const said = { status, outputHash: keccak256(bytes), evidenceHash, relayer, context: request.context };
      return encodeResultItem({ terms: request.terms, ...said, output: bytes, proof });
    }),
  );
  const ids = requests.map((it) => it.requestId);
  const args = [lane.origin.domain, ids, items, 2_000_000n, "0x"] as const;
  const data = encodeFunctionData({ abi: resultHubAbi, functionName: "publish", args });
  const id = `publish/${ids[0]}/${Math.random()}`;
  const { receipt, hash } = await hubSender.send({ id, to: lane.resultHub, data });
  const [message] = dispatchedMessages(receipt);
  return { messageId: message?.messageId ?? "0x", hubTx: hash };
}
let hubSender: ReturnType<Lane["sender"]>;
beforeAll(() => {
  hubSender = lane.sender("hub");
});

function deliver(
  requests: readonly RequestBodies[],
  published: Published,
  change: { seen?: SettledElsewhere; store?: MemoryTransactionStore } = {},
) {
  const book = noteBook();
  const spans = spanBook();
  const writer = deliveryWriter({
    chain: "origin",
    client: lane.origin.client,
    hubClient: lane.hub.client,
    hubDomain: lane.hub.domain,
    merkleTreeHook: lane.hub.hyperlane.merkleTreeHook,
    mailbox: lane.origin.hyperlane.mailbox,
    gateway: lane.ref.gateway,
    validators: lane.validators,
    sender: lane.sender("origin", change.store),
    settledElsewhere: change.seen ?? nothingSeen,
    spans,
    log: silentLog,
    signal: stop.signal,
  });
  const effects = requests.map(({ requestId }) => ({
    kind: "delivery" as const,
    lane: "origin",
    requestId,
    attempt: 1,
    payload: { ...published },
  }));
  const batch = {
    id: `delivery/origin/${requests[0]?.requestId}/1`,
    kind: "delivery",
    lane: "origin",
    effects,
    notes: null,
  } as const;
  const references = writer.act(batch, book);
  return { writer, effects, said: book.said, spans: spans.spans, references };
}

/** Somebody else's relayer delivers the message. */
async function strangerDelivers({ hubTx, messageId }: Published): Promise<Hex> {
  const receipt = await lane.hub.client.getTransactionReceipt({ hash: hubTx });
  const message = dispatchedMessages(receipt).find((it) => it.messageId === messageId);
  if (message === undefined) throw new Error("no message");
  const prepared = await until(async () => {
    const found = await prepareDelivery({
      client: lane.origin.client,
      mailbox: lane.origin.hyperlane.mailbox,
      message,
      originDomain: lane.hub.domain,
      merkleTreeHook: lane.hub.hyperlane.merkleTreeHook,
      locations: Object.fromEntries(lane.validators.map((it) => [it.address, it.storage])),
      log: silentLog,
    });
    return found.state === "ready" && found;
  });
  return await lane.strangerSends(prepared.call);
}

/** What an index that watches the gateway says once it has seen a transaction. */
function sawTransaction(tx: Hex): SettledElsewhere {
  return {
    settlementOf: async (requestId) => {
      const receipt = await lane.origin.client.getTransactionReceipt({ hash: tx });
      const verdict = readSettlements(lane.ref.gateway, receipt).get(requestId.toLowerCase());
      return verdict === undefined ? null : { verdict, tx };
    },
  };
}
function txOf(done: { readonly reference: Json } | undefined): Hex {
  if (done === undefined) throw new Error("nothing was delivered");
  // CAST: what the writer makes of an effect.
  return (done.reference as unknown as { readonly deliveryTx: Hex }).deliveryTx;
}
const ourNonce = () => lane.origin.client.getTransactionCount({ address: lane.origin.ours.address });

describe("deliveries", () => {
  test("wait for the validators, say for whom, and go on by themselves", async () => {
    const request = await lane.ask();
    const published = await publish([request]);
    const { said, spans, references } = deliver([request], published);
    await until(() => said.length > 0);
    expect(said[0]?.reason).toMatch(/^0 of 2 validator signatures are there\./);
    for (const { address, storage } of lane.validators) {
      expect(said[0]?.reason).toContain(`${address} at ${storage} has not signed leaf`);
    }
    expect(said[0]).toMatchObject({ actor: "upstream", code: "VALIDATOR_SIGNATURE_MISSING" });
    await until(() => said.some((it) => it.actor === "operator" && it.fix && (it.nextAttemptAt ?? 0) > Date.now()));

    lane.startValidator(0);
    await until(() => said.some((it) => it.reason.startsWith("1 of 2")));
    expect(said.at(-1)?.reason).not.toContain(lane.validators[0]?.address);
    lane.startValidator(1);
    const [done] = await references;
    expect(done?.reference).toMatchObject({ ...VERDICT, deliveryTx: expect.stringMatching(/^0x/) });
    expect(said.at(-1)).toEqual({ reason: "The delivery is on its way.", actor: "nobody" });
    expect(spans.map((it) => it.what)).toEqual(["validators", "block"]);
  });

  test("of somebody else are as good as ours, and cost nothing", async () => {
    const request = await lane.ask();
    const published = await publish([request]);
    const tx = await strangerDelivers(published);
    const before = await ourNonce();
    await expect(deliver([request], published).references).rejects.toMatchObject({
      code: "DELIVERY_VERDICT_MISSING",
      retry: { afterMs: expect.any(Number) },
    });
    const [done] = await deliver([request], published, { seen: sawTransaction(tx) }).references;
    expect(done?.reference).toMatchObject({ ...VERDICT, deliveryTx: tx });
    expect(await ourNonce()).toBe(before);
  });

  test("of a result that is there already by another message take the gateway's earlier word", async () => {
    const request = await lane.ask();
    const first = await publish([request]);
    const [delivered] = await deliver([request], first).references;
    const deliveryTx = txOf(delivered);
    const second = await publish([request]);
    const { references } = deliver([request], second, { seen: sawTransaction(deliveryTx) });
    expect((await references)[0]?.reference).toMatchObject({ ...VERDICT, deliveryTx });
  });

  test("of several requests are one transaction; one that is rejected does not hold the others up", async () => {
    const requests = [await lane.ask(), await lane.ask(), await lane.ask()];
    const stranger = privateKeyToAccount(generatePrivateKey());
    const published = await publish(requests, [lane.workers, [lane.workers[0], stranger], lane.workers]);
    const before = await ourNonce();
    const { writer, effects, references } = deliver(requests, published);
    // CAST: what the writer makes of an effect.
    const done = (await references).map((it) => it.reference as unknown as GatewayVerdict & { deliveryTx: Hex });
    expect(done.map((it) => it.outcome)).toEqual(["delivered", "rejected", "delivered"]);
    expect(done[1]?.rejection).toBe("proofRejected");
    expect(new Set(done.map((it) => it.deliveryTx)).size).toBe(1);
    expect(await ourNonce()).toBe(before + 1);

    // CAST: JSON by construction.
    const other = { ...effects[0], payload: { ...published, messageId: keccak256("0x01") } } as (typeof effects)[0];
    const [one, two, three] = effects;
    if (one === undefined || two === undefined || three === undefined) throw new Error("unreachable");
    expect(await writer.group([one, other, two, three])).toEqual([[one, two, three], [other]]);
  });

  test("that are taken up again after a kill follow their transaction", async () => {
    const request = await lane.ask();
    const published = await publish([request]);
    const store = new MemoryTransactionStore();
    const before = await ourNonce();
    const [first] = await deliver([request], published, { store }).references;
    const deliveryTx = txOf(first);
    // The mailbox says that it is delivered; whose it was, the index knows.
    const again = deliver([request], published, { store, seen: sawTransaction(deliveryTx) });
    expect((await again.references)[0]?.reference).toMatchObject({ deliveryTx });
    expect(await ourNonce()).toBe(before + 1);
  });

  test("end without signatures once all of their requests are settled otherwise", async () => {
    const request = await lane.ask();
    const published = await publish([request]);
    const seen = { settlementOf: async () => ({ verdict: VERDICT, tx: "0xother" }) };
    // Nobody signs a leaf of a validator set that nobody runs.
    const unsigned = lane.validators.splice(0);
    const { references } = deliver([request], published, { seen });
    expect((await references)[0]?.reference).toMatchObject({ ...VERDICT, deliveryTx: "0xother" });
    lane.validators.push(...unsigned);
  });

  test("of a message the hub no longer has stop with a reason", async () => {
    const request = await lane.ask();
    const { hubTx } = await publish([request]);
    const { references } = deliver([request], { hubTx, messageId: keccak256("0x02") });
    await expect(references).rejects.toMatchObject({ code: "HUB_MESSAGE_GONE", actor: "operator" });
  });
});
