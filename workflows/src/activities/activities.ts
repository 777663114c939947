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

/** What the flow asks of the world. The flow imports this as a type only. */
export interface Activities {
  /** Draws workers and returns their verified, signed answer. */
  inferRequest(request: RequestArgs): Promise<Inference>;
  /** Puts the evidence on DA; returns once its inclusion is proven against a header. */
  publishEvidence(request: RequestArgs, inference: Inference): Promise<EvidenceReference>;
  /** Puts the result into the hub; returns once the message is dispatched. */
  publishResult(request: RequestArgs, inference: Inference): Promise<MessageReference>;
  /** Delivers the message to the origin gateway; returns once the gateway has spoken. */
  deliverMessage(request: RequestArgs, message: MessageReference): Promise<DeliveryReference>;
  /** Closes the request after its closing time, whatever became of it. */
  refundRequest(request: RequestArgs): Promise<RefundReference>;
  /** Has a pending result finalised if its window has passed; else says how long it lasts. Each look has a number, from 1. */
  finalizeResult(request: RequestArgs, look: number): Promise<FinalizationReference>;
  /** Makes public the output of a result that was settled by its hash, which runs the callback. */
  revealOutput(request: RequestArgs): Promise<RevealReference>;
}
