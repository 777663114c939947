import { dispatchedMessages } from "@herald/chains/hyperlane/dispatchedMessages";
import type { TransactionSender } from "@herald/chains/send/transactionSender";
import { resultHubAbi } from "@herald/wire/abi/ResultHub";
import { HeraldError } from "@herald/wire/errors";
import { answerStatusName } from "@herald/wire/lifecycle";
import { encodeAttestedProof, encodeResultItem } from "@herald/wire/result";
import { type Address, encodeFunctionData, type Hex, type PublicClient, size } from "viem";
import type { RequestBodies, RequestBodiesIndex } from "../activities/requestBodies.js";
import type { SpanRecorder } from "../activities/spans.js";
import type { Inference, MessageReference } from "../flows/contract.js";
import { itemGas, MESSAGE_GAS } from "./deliveryGas.js";
import type { Effect } from "./outbox.js";
import type { EffectWriter } from "./writerLoop.js";

/** Items of one message: bounded by what one delivery can pay for and by common limits on calldata. */
const MAX_ITEMS = 20;
const MAX_BODY_BYTES = 60_000;
/** Bound on an item apart from its output: terms, hashes, signatures of a few workers, and a context of the greatest length. */
const ITEM_BYTES = 2_200;
/** The hub gives back what it does not need, so a share more outlasts a quote that rises until the transaction lands. */
const QUOTE_MARGIN = 4n;

/**
 * Puts results into the hub: one transaction, one message per destination. The batch's transaction has the batch's name as idempotency key,
 * so a restart follows it instead of publishing again.
 */
export function resultWriter(parameters: {
  /** Name of the origin chain the results return to. */
  readonly chain: string;
  /** Hyperlane domain of that chain. */
  readonly domain: number;
  readonly resultHub: Address;
  readonly client: PublicClient;
  readonly sender: TransactionSender;
  readonly index: RequestBodiesIndex;
  /** What a policy of the origin's gateway promises its verifier; policies never change, so it may be kept. */
  readonly verifyGasOf: (policyId: number) => Promise<number>;
  readonly spans: SpanRecorder;
}): EffectWriter {
  const { chain, domain, resultHub, client, sender, index, verifyGasOf, spans } = parameters;
  /** What one message of the lane may promise; the hub's owner may change it at any time. */
  const maxGas = async () => {
    const lane = { address: resultHub, abi: resultHubAbi, functionName: "maxGasOf", args: [domain] } as const;
    return BigInt(await client.readContract(lane));
  };
  const gasOf = async (effect: Effect, request: RequestBodies, bytes: number) =>
    itemGas({
      verifyGas: await verifyGasOf(request.terms.policyId),
      callbackGasLimit: resultOf(effect).callbackGasLimit,
      bytes,
    });
  return {
    kind: "result",
    lane: chain,
    async group(effects) {
      if (effects.length === 0) return [];
      const loads = effects.map(async (effect) => {
        const bytes = ITEM_BYTES + size(outputOf(effect));
        return { effect, bytes, gas: await gasOf(effect, await index.bodies(effect.requestId), bytes) };
      });
      return splitBatches(await Promise.all(loads), await maxGas());
    },
    async act(batch) {
      const results = await Promise.all(
        batch.effects.map(async (effect) => ({ effect, request: await index.bodies(effect.requestId) })),
      );
      const items = results.map(({ effect, request }) => encodeItem(request, inferenceOf(effect)));
      const ids = results.map(({ request }) => request.requestId);
      const promised = await Promise.all(
        results.map(({ effect, request }, i) => gasOf(effect, request, size(items[i] ?? "0x"))),
      );
      const gas = promised.reduce((sum, it) => sum + it, MESSAGE_GAS);
      const quote = await client.readContract({
        address: resultHub,
        abi: resultHubAbi,
        functionName: "quotePublish",
        args: [domain, items, gas, "0x"],
      });
      const mined = await sender.send({
        id: batch.id,
        to: resultHub,
        value: quote + quote / QUOTE_MARGIN,
        data: encodeFunctionData({ abi: resultHubAbi, functionName: "publish", args: [domain, ids, items, gas, "0x"] }),
      });
      await spans.record(ids, "block", mined.broadcastAt, mined.minedAt);
      const [message] = dispatchedMessages(mined.receipt);
      if (message === undefined) {
        throw new HeraldError({
          code: "HUB_NO_MESSAGE",
          message: "The hub took the results but dispatched no message.",
          facts: { hubTx: mined.hash, batch: batch.id },
          fix: "Check that the configured ResultHub and Mailbox belong together.",
          actor: "operator",
          retry: { afterMs: 10_000 },
        });
      }
      const reference: MessageReference = { messageId: message.messageId, hubTx: mined.hash, at: mined.minedAt };
      return batch.effects.map((key) => ({ key, reference: { ...reference } }));
    },
  };
}

interface Load {
  readonly effect: Effect;
  readonly bytes: number;
  readonly gas: bigint;
}

function splitBatches(loads: readonly Load[], maxGas: bigint): readonly (readonly Effect[])[] {
  const groups: Effect[][] = [];
  let sum = { bytes: 0, gas: MESSAGE_GAS };
  for (const { effect, bytes, gas } of loads) {
    const last = groups.at(-1);
    const fits = sum.bytes + bytes <= MAX_BODY_BYTES && sum.gas + gas <= maxGas;
    if (last !== undefined && last.length < MAX_ITEMS && fits) {
      last.push(effect);
      sum = { bytes: sum.bytes + bytes, gas: sum.gas + gas };
    } else {
      groups.push([effect]);
      sum = { bytes, gas: MESSAGE_GAS + gas };
    }
  }
  return groups;
}

function encodeItem(request: RequestBodies, inference: Inference): Hex {
  const [first] = inference.answers;
  if (first === undefined || answerStatusName(inference.status) === undefined) {
    throw new HeraldError({
      code: "RESULT_WITHOUT_ANSWER",
      message: "There is no signed answer to publish.",
      facts: { requestId: request.requestId, status: inference.status },
      actor: "bug",
      retry: "never",
    });
  }
  return encodeResultItem({
    terms: request.terms,
    status: inference.status,
    outputHash: first.answer.outputHash,
    evidenceHash: first.answer.evidenceHash,
    relayer: first.answer.relayer,
    context: request.context,
    // CAST: hex by construction, see `Inference`.
    output: inference.output as Hex,
    proof: encodeAttestedProof(
      inference.answers.map((it) => ({ signer: it.worker, payee: it.answer.payee, signature: it.signature })),
    ),
  });
}

/** The payload `publishEvidence` and `publishResult` leave in the outbox; the output of the latter is what travels. */
export function inferenceOf(effect: Effect): Inference {
  // CAST: written by createEffectActivities from an Inference.
  return effect.payload as unknown as Inference;
}

function resultOf(effect: Effect): Inference & { readonly callbackGasLimit: number } {
  // CAST: written by createEffectActivities' `publishResult`.
  return effect.payload as unknown as Inference & { readonly callbackGasLimit: number };
}

function outputOf(effect: Effect): Hex {
  // CAST: hex by construction, see `Inference`.
  return inferenceOf(effect).output as Hex;
}
