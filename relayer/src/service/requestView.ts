import { revertReason } from "@herald/chains/send/simulate";
import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { parseRequestId, workflowIdOf } from "@herald/wire/ids";
import type { TermsJson } from "@herald/wire/terms";
import type { Explanation } from "@herald/workflows/effects/outbox";
import { resultArgument } from "@herald/workflows/effects/settledResult";
import {
  type DeliveryReference,
  type EvidenceReference,
  type FinalizationReference,
  type FlowStatus,
  type Inference,
  isRevealedLater,
  type MessageReference,
  type RefundReference,
  type RevealReference,
  statusQueryName,
} from "@herald/workflows/flows/contract";
import type { Client } from "@temporalio/client";
import { encodeFunctionData, type Hex } from "viem";
import type { Store } from "../store/openStore.js";
import type { RequestIndex } from "../store/requestIndex.js";
import type { EffectsTable, RequestRow } from "../store/schema.js";
import { readResult } from "../store/standing.js";
import type { Problem } from "./health.js";

/** Everything the relayer knows of one request, as the API and the command line show it. */
export interface RequestView {
  readonly requestId: string;
  readonly origin: string;
  readonly model: string;
  readonly originTx: string;
  readonly workflowId: string;
  readonly phase: FlowStatus["phase"] | "intake" | "finality";
  /** Never empty. */
  readonly reason: string;
  readonly actor: FlowStatus["actor"];
  readonly code: string | null;
  /** What the actor can do about it. */
  readonly fix: string | null;
  /** Unix milliseconds, like every time here. */
  readonly since: number;
  readonly nextAttemptAt: number | null;
  readonly closesAt: number;
  /** Its requester called it off, so that it closes before its deadline. */
  readonly cancelled: boolean;
  /** What was added to the relay fee, in the fee token's smallest unit. */
  readonly topUp: string;
  readonly stages: FlowStatus["stages"];
  readonly status: number | null;
  readonly output: string | null;
  readonly daHeight: number | null;
  readonly daCommitment: string | null;
  readonly messageId: string | null;
  readonly hubTx: string | null;
  readonly deliveryTx: string | null;
  readonly refundTx: string | null;
  readonly finalizeTx: string | null;
  readonly revealTx: string | null;
  readonly callback: string | null;
  /** What a failed callback reverted with. */
  readonly callbackReason: string | null;
  /** The call that runs a failed callback again; anyone may send it. */
  readonly retry: { readonly to: string; readonly data: string } | null;
  readonly outcome: string | null;
  /** Time spent waiting for something outside Herald. */
  readonly spans: readonly { readonly what: string; readonly from: number; readonly to: number }[];
}

/** Where a view is read from. */
export interface ViewContext {
  readonly index: RequestIndex;
  readonly store: Store;
  readonly client: Client | undefined;
  /** Why Temporal cannot be asked, if so. */
  readonly temporalProblem?: () => Promise<Problem | undefined>;
}

interface Effects {
  readonly inference: Inference | null;
  readonly evidence: EvidenceReference | null;
  readonly message: MessageReference | null;
  readonly delivery: DeliveryReference | null;
  readonly refund: RefundReference | null;
  readonly finalization: FinalizationReference | null;
  readonly reveal: RevealReference | null;
  /** The effect under way, the latest first. */
  readonly open: EffectsTable | undefined;
}

/** Whoever asks waits for the flow no longer than this; a server that is away would take ten seconds to be found out. */
const QUERY_MS = 2_000;

type Now = Pick<RequestView, "phase" | "reason" | "actor" | "code" | "fix" | "since" | "nextAttemptAt">;

/**
 * Reads a request from the index and the outbox, which hold all but the inference's own waiting; only for that the flow is asked. So a
 * request can be looked at while Temporal is away. Undefined for an id the index does not hold.
 */
export async function readRequestView(context: ViewContext, requestId: string): Promise<RequestView | undefined> {
  const row = await context.index.find(requestId);
  if (row === undefined) return undefined;
  const [rows, spans] = await Promise.all([
    context.store.selectFrom("effects").selectAll().where("request_id", "=", row.id).execute(),
    context.store.selectFrom("spans").selectAll().where("request_id", "=", row.id).execute(),
  ]);
  const effects = readEffects(rows);
  const { inference, evidence, message, delivery, refund, reveal } = effects;
  const finalization = effects.finalization?.outcome === "pending" ? null : effects.finalization;
  const terms: TermsJson = JSON.parse(row.terms);
  const settled = settledAs(row, effects);
  // Settled, but the consumer has not been called.
  const revealing =
    settled === "delivered" &&
    isRevealedLater(terms) &&
    row.started_at !== null &&
    row.revealed_tx === null &&
    reveal === null;
  const outcome = revealing ? null : settled;
  const deliveredAt = outcome === "delivered" || outcome === "declined" ? (row.settled_at ?? delivery?.at) : undefined;
  return {
    requestId: row.id,
    origin: row.chain,
    model: terms.modelId,
    originTx: row.origin_tx,
    workflowId: workflowIdOf(parseRequestId(row.id)),
    ...(outcome === null
      ? await now(context, row, effects, revealing ? "reveal" : row.pending_tx !== null ? "finalize" : "infer")
      : ended(row, outcome, effects)),
    closesAt: row.close_at * 1000,
    cancelled: row.close_at < terms.deadline,
    topUp: row.top_up,
    stages: {
      observed: row.observed_at,
      ...(row.final_at !== null && { final: row.final_at }),
      ...(inference !== null && { inferred: inference.at }),
      ...(evidence !== null && { published: evidence.at }),
      ...(message !== null && { dispatched: message.at }),
      ...(deliveredAt !== undefined && { delivered: Math.min(deliveredAt, delivery?.at ?? deliveredAt) }),
    },
    status: inference?.status ?? null,
    output: inference?.output ?? null,
    daHeight: evidence?.height ?? null,
    daCommitment: evidence?.commitment ?? null,
    messageId: message?.messageId ?? null,
    hubTx: message?.hubTx ?? null,
    deliveryTx: delivery?.deliveryTx ?? row.pending_tx ?? (outcome === "expired" ? null : row.settled_tx),
    refundTx: refund?.refundTx ?? (outcome === "expired" ? row.settled_tx : null),
    finalizeTx: finalization?.finalizeTx ?? null,
    revealTx: reveal?.revealTx ?? row.revealed_tx,
    // The index also sees what was run again.
    callback: row.callback ?? (reveal ?? finalization ?? delivery)?.callback ?? null,
    callbackReason: row.callback_reason === null ? null : callbackReason(row.callback_reason),
    retry: row.callback === "failed" ? await retryCall(context, row) : null,
    outcome,
    spans: spans.map((it) => ({ what: it.what, from: it.from_ms, to: it.to_ms })),
  };
}

function readEffects(rows: readonly EffectsTable[]): Effects {
  const of = (kind: string) => rows.find((row) => row.kind === kind);
  // CAST: each kind's payload and reference are written by its activity and its writer, in these forms.
  const parsed = <T>(text: string | null | undefined): T | null => (text == null ? null : (JSON.parse(text) as T));
  return {
    inference: parsed<Inference>(of("evidence")?.payload),
    evidence: parsed<EvidenceReference>(of("evidence")?.reference),
    message: parsed<MessageReference>(of("result")?.reference),
    delivery: parsed<DeliveryReference>(of("delivery")?.reference),
    refund: parsed<RefundReference>(of("refund")?.reference),
    finalization: parsed<FinalizationReference>(
      rows.filter((row) => row.kind === "finalize" && row.reference !== null).sort((a, b) => b.attempt - a.attempt)[0]
        ?.reference,
    ),
    reveal: parsed<RevealReference>(of("reveal")?.reference),
    open: rows.filter((row) => row.done_at === null).sort((a, b) => b.created_at - a.created_at)[0],
  };
}

/** How the request ended, by what this relayer did or by what the chain says. */
function settledAs(row: RequestRow, { refund, finalization, delivery }: Effects): string | null {
  for (const reference of [refund, finalization, delivery]) {
    if (reference !== null && reference.outcome !== "pending" && reference.outcome !== "rejected")
      return reference.outcome;
  }
  return row.settled_as;
}

function callbackReason(data: string): string {
  // CAST: written from the event's bytes.
  if (data !== "0x") return revertReason(data as Hex);
  return "no reason: it ran out of gas, reverted without one, or the consumer has no code";
}

async function retryCall({ index }: ViewContext, row: RequestRow): Promise<RequestView["retry"]> {
  const result = readResult(row.result);
  if (result === null) return null;
  const { ref, terms, context } = await index.bodies(row.id);
  const args = [terms, resultArgument(result), result.output, context] as const;
  return {
    to: ref.gateway,
    data: encodeFunctionData({ abi: inferenceGatewayAbi, functionName: "retryCallback", args }),
  };
}

function ended(row: RequestRow, outcome: string, { refund, delivery, finalization, reveal }: Effects): Now {
  const overturned = row.result !== null && finalization !== null;
  const delivered =
    reveal?.outcome === "foreign"
      ? "The result of another relayer was delivered, who has to reveal its output."
      : "The result was delivered.";
  const declined = overturned ? "The result was overturned" : "The workers declined";
  const reason = {
    delivered,
    declined: `${declined}; the fee was refunded.`,
    expired: "The request was refunded after its closing time.",
  }[outcome];
  const since = reveal?.at ?? refund?.at ?? finalization?.at ?? delivery?.at ?? row.settled_at ?? row.observed_at;
  return { ...idle("done", reason ?? `The chain settled it: ${outcome}.`), since };
}

async function now(
  context: ViewContext,
  row: RequestRow,
  effects: Effects,
  flowPhase: "infer" | "finalize" | "reveal",
): Promise<Now> {
  // What a result made needless may still lie in the outbox.
  const overtaken = flowPhase !== "infer" && effects.open?.kind !== "finalize" && effects.open?.kind !== "reveal";
  const open = overtaken ? undefined : effects.open;
  if (row.refusal !== null) {
    const reason = `Not served by this relayer: ${row.refusal} Anyone may refund it after its closing time.`;
    return { ...idle("intake", reason), since: row.observed_at };
  }
  if (open === undefined || open.kind === "evidence") {
    if (row.parked === 1) {
      const reason = "Its block was reorganised away; it is parked until it comes back.";
      return { ...idle("finality", reason), since: open?.created_at ?? row.observed_at };
    }
    if (open !== undefined && row.final_at === null) {
      return { ...idle("finality", "The origin block is not final yet."), since: open.created_at };
    }
  }
  if (open !== undefined) return effectNow(open);
  if (row.started_at === null) {
    const problem = await context.temporalProblem?.();
    if (problem !== undefined) return blocked("intake", "Its workflow cannot be started.", problem, row.observed_at);
    return { ...idle("intake", "It was seen and its workflow is being started."), since: row.observed_at };
  }
  const flow = await queryFlow(context.client, row);
  if (flow === undefined) {
    const problem = await context.temporalProblem?.();
    if (problem !== undefined) return blocked(flowPhase, "Its workflow cannot be asked.", problem, row.started_at);
    return {
      ...idle(flowPhase, "Its workflow does not answer just now; it goes on by itself."),
      since: row.started_at,
    };
  }
  const { phase, reason, actor, code, fix, since, nextAttemptAt } = flow;
  return { phase, reason, actor, code, fix, since, nextAttemptAt };
}

/** What each kind of effect is about, unless its writer has more to say. */
const doing: Readonly<Record<string, readonly [Now["phase"], string]>> = {
  evidence: ["evidence", "The evidence is on its way to Celestia."],
  result: ["result", "The result is on its way into the hub."],
  delivery: ["delivery", "The message is on its way to the origin gateway."],
  refund: ["refund", "The closing time has passed; the refund is on its way."],
  finalize: ["finalize", "The result is pending; its window is being looked at."],
  reveal: ["reveal", "The result was settled by its hash; the output is on its way to the gateway."],
};

function effectNow(effect: EffectsTable): Now {
  const [phase, sentence] = doing[effect.kind] ?? ["delivery", "Its effect is on its way."];
  if (effect.explanation === null) return { ...idle(phase, sentence), since: effect.created_at };
  // CAST: written by `SqlOutbox.explain`.
  const explanation = JSON.parse(effect.explanation) as Explanation;
  // One that an earlier version wrote has no fix.
  return { ...explanation, fix: explanation.fix ?? null, phase, since: effect.created_at };
}

function idle(phase: Now["phase"], reason: string): Omit<Now, "since"> {
  return { phase, reason, actor: "nobody", code: null, fix: null, nextAttemptAt: null };
}

function blocked(phase: Now["phase"], what: string, problem: Problem, since: number): Now {
  // A try that is under way counts as the next one.
  const nextAttemptAt = Math.max(problem.nextAttemptAt ?? 0, Date.now());
  return { ...problem, phase, reason: `${what} ${problem.reason}`, since, nextAttemptAt };
}

async function queryFlow(client: Client | undefined, row: RequestRow): Promise<FlowStatus | undefined> {
  try {
    const handle = client?.workflow.getHandle(workflowIdOf(parseRequestId(row.id)));
    return await client?.withDeadline(
      Date.now() + QUERY_MS,
      async () => await handle?.query<FlowStatus>(statusQueryName),
    );
  } catch {
    // Gone, or Temporal is away: the caller says so.
    return undefined;
  }
}
