import type { Json } from "@herald/wire/canonicalJson";
import { answerStatuses } from "@herald/wire/lifecycle";
import { outputModes } from "@herald/wire/terms";
import type { Effect, EffectKind, Outbox } from "../effects/outbox.js";
import type {
  DeliveryReference,
  EvidenceReference,
  FinalizationReference,
  Inference,
  MessageReference,
  RefundReference,
  RequestArgs,
  RevealReference,
} from "../flows/contract.js";
import type { Activities } from "./activities.js";
import { enterOutbox } from "./enterOutbox.js";

/** The one evidence lane: a relayer writes to one Celestia namespace. */
export const EVIDENCE_LANE = "celestia";

/** The activities that only leave an effect in the outbox; `inferRequest` is the one that works itself. */
export function createEffectActivities(outbox: Outbox): Omit<Activities, "inferRequest"> {
  // The outbox gives back what the matching writer put in; the writers' types hold the shape.
  const enter = async <T>(
    kind: EffectKind,
    lane: string,
    request: RequestArgs,
    payload: Json,
    attempt = 1,
  ): Promise<T> => {
    const effect: Effect = { kind, lane, requestId: request.requestId, attempt, payload };
    return (await enterOutbox(outbox, effect)) as T; // CAST: see above.
  };
  const inferenceJson = (inference: Inference) => ({
    status: inference.status,
    output: inference.output,
    answers: inference.answers.map((it) => ({ answer: { ...it.answer }, signature: it.signature, worker: it.worker })),
    at: inference.at,
  });
  return {
    publishEvidence: (request, inference) =>
      enter<EvidenceReference>("evidence", EVIDENCE_LANE, request, inferenceJson(inference)),
    publishResult: (request, inference) => {
      // An output asked for by its hash stays here, and its callback runs when it is revealed.
      const byHash = inference.status === answerStatuses.ok && request.terms.outputMode === outputModes.hash;
      return enter<MessageReference>("result", request.chain, request, {
        ...inferenceJson(inference),
        ...(byHash && { output: "0x" }),
        callbackGasLimit: byHash ? 0 : request.terms.callbackGasLimit,
      });
    },
    deliverMessage: (request, message) =>
      enter<DeliveryReference>("delivery", request.chain, request, {
        messageId: message.messageId,
        hubTx: message.hubTx,
      }),
    refundRequest: (request) => enter<RefundReference>("refund", request.chain, request, null),
    finalizeResult: (request, look) => enter<FinalizationReference>("finalize", request.chain, request, null, look),
    revealOutput: (request) => enter<RevealReference>("reveal", request.chain, request, null),
  };
}

/**
 * The inference whose evidence a request already has in the outbox. A flow that starts over (its Temporal server lost it) goes on with it,
 * so that evidence and result never disagree.
 */
export async function decidedInference(outbox: Outbox, requestId: string): Promise<Inference | undefined> {
  const payload = await outbox.payload({ kind: "evidence", requestId, attempt: 1 });
  // CAST: written by `publishEvidence` above.
  return payload as unknown as Inference | undefined;
}
