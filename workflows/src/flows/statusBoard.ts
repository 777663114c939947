import type { ErrorActor } from "@herald/wire/errors";
import type { Outcome, Stage } from "@herald/wire/lifecycle";
import { ApplicationFailure } from "@temporalio/workflow";
import type {
  DeliveryReference,
  FinalizationReference,
  FlowStatus,
  RefundReference,
  RequestArgs,
  RequestResult,
  RevealReference,
  Settlement,
} from "./contract.js";
import type { Failure } from "./failure.js";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What the status query answers, kept by the flow as it goes. Every change leaves a reason behind. */
export class StatusBoard {
  readonly #status: Mutable<FlowStatus>;
  readonly #stages: Partial<Record<Stage, number>>;
  /** What the chain has made of the request, as far as the flow knows. */
  #standing: Outcome | "pending" | null = null;

  constructor(request: RequestArgs) {
    this.#stages = { observed: request.observedAt };
    this.#status = {
      requestId: request.requestId,
      phase: "infer",
      reason: "The request was just taken up.",
      actor: "nobody",
      code: null,
      fix: null,
      attempt: 1,
      since: Date.now(),
      nextAttemptAt: null,
      closesAt: request.closeAt * 1000,
      stages: this.#stages,
      status: null,
      output: null,
      evidence: null,
      message: null,
      delivery: null,
      refund: null,
      finalization: null,
      reveal: null,
      outcome: null,
    };
  }

  get standing(): Outcome | "pending" | null {
    return this.#standing;
  }

  /** Unix milliseconds after which results are no longer taken. */
  get closesAt(): number {
    return this.#status.closesAt;
  }

  set closesAt(at: number) {
    this.#status.closesAt = at;
  }

  status(): FlowStatus {
    return { ...this.#status, stages: { ...this.#stages } };
  }

  result(): RequestResult {
    if (this.#status.outcome === null)
      throw ApplicationFailure.nonRetryable("The flow ended without an outcome.", "FLOW_NO_OUTCOME");
    return { outcome: this.#status.outcome, stages: this.#stages };
  }

  /** A phase begins, or its next attempt does. */
  enter(phase: FlowStatus["phase"], reason: string, attempt = 1): void {
    if (phase !== this.#status.phase) this.#status.since = Date.now();
    Object.assign(this.#status, { phase, reason, attempt, actor: "nobody", nextAttemptAt: null });
    Object.assign(this.#status, attempt === 1 ? { code: null, fix: null } : {});
  }

  waiting(failure: Failure, nextAttemptAt: number): void {
    const { reason, code, actor, fix } = failure;
    Object.assign(this.#status, { reason, code, actor, fix, nextAttemptAt });
  }

  /** Nothing will be tried again; the closing time ends it. */
  stuck(code: string, reason: string, actor: ErrorActor, fix: string | null = null): void {
    Object.assign(this.#status, {
      reason: `${reason} It is refunded after its closing time.`,
      code,
      actor,
      fix,
      nextAttemptAt: null,
    });
  }

  reached(stage: Stage, at: number, found: Partial<FlowStatus> = {}): void {
    this.#stages[stage] = at;
    Object.assign(this.#status, found);
  }

  noteDelivery(delivery: DeliveryReference): void {
    this.#status.delivery = delivery;
    if (delivery.outcome === "rejected") return;
    this.#stages.delivered = delivery.at;
    this.#stand(
      delivery.outcome,
      delivery.outcome === "declined" ? "The workers declined; the fee was refunded." : "The result was delivered.",
    );
  }

  noteRefund(refund: RefundReference): void {
    this.#status.refund = refund;
    this.#stand(refund.outcome, refundReason(refund));
  }

  settledElsewhere(settlement: Settlement): void {
    if (settlement.outcome !== "expired") this.#stages.delivered ??= settlement.at;
    this.#stand(settlement.outcome, `Somebody else settled it in ${settlement.tx}.`);
  }

  noteFinalization(finalization: FinalizationReference): void {
    this.#status.finalization = finalization;
    if (finalization.outcome === "pending") {
      const { finalAt, disputed, verifier } = finalization;
      const until = new Date(finalAt * 1000).toISOString();
      this.#status.reason = disputed
        ? `The result is disputed: the policy's verifier ${verifier} rules by ${until}, or the fees are refunded.`
        : `The result is pending until ${until}: until then the policy's verifier ${verifier} may dispute or overturn it.`;
      this.#status.nextAttemptAt = finalAt * 1000;
      return;
    }
    this.#stand(
      finalization.outcome,
      finalization.outcome === "delivered"
        ? "The result is final."
        : "The result was overturned; the fee was refunded.",
    );
  }

  noteReveal(reveal: RevealReference): void {
    this.#status.reveal = reveal;
    const foreign = "The result of another relayer was delivered, who has to reveal its output.";
    this.#status.reason = reveal.outcome === "foreign" ? foreign : "The result was delivered and its output revealed.";
  }

  /** Nothing is left to do. */
  end(): void {
    const settled = { actor: "nobody", code: null, fix: null, nextAttemptAt: null };
    const outcome = this.#standing === "pending" ? null : this.#standing;
    Object.assign(this.#status, { phase: "done", outcome, ...settled });
  }

  #stand(standing: Outcome | "pending", reason: string): void {
    this.#standing = standing;
    this.#status.reason = reason;
  }
}

function refundReason(refund: RefundReference): string {
  if (refund.refundTx !== null) return "The request was refunded after its closing time.";
  if (refund.outcome === "pending") return "A result had come in time.";
  if (refund.outcome === "expired")
    return "Nothing is left to refund: it was refunded already, or left the chain unpaid.";
  return "The chain had settled it already.";
}
