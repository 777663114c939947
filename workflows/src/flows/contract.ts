import type { SignedAnswer } from "@herald/wire/answer";
import type { ErrorActor } from "@herald/wire/errors";
import type { Outcome, Stage } from "@herald/wire/lifecycle";
import type { TermsJson } from "@herald/wire/terms";

/** Arguments of the flow: what identifies a request and what it promised. Bodies (input, context) stay in the request index. */
export interface RequestArgs {
  readonly requestId: string;
  /** Name of the origin chain in the configuration. */
  readonly chain: string;
  readonly seq: string;
  readonly originTx: string;
  readonly terms: TermsJson;
  /** Unix seconds after which it can be refunded only: the deadline, or sooner if it was cancelled before the flow began. */
  readonly closeAt: number;
  /** Unix milliseconds when the watcher first saw it. */
  readonly observedAt: number;
}

/** What the workers answered: k signed answers to one output. */
export interface Inference {
  readonly status: number;
  /** Output bytes, hex. */
  readonly output: string;
  readonly answers: readonly SignedAnswer[];
  readonly at: number;
}

/** Where the evidence lies. */
export interface EvidenceReference {
  /** When the origin block became final by the lane's policy; nothing leaves the outbox before. */
  readonly finalAt: number;
  readonly height: number;
  /** Base64. */
  readonly commitment: string;
  /** Base64. */
  readonly namespace: string;
  readonly at: number;
}

/** The hub message that carries the result. */
export interface MessageReference {
  readonly messageId: string;
  readonly hubTx: string;
  readonly at: number;
}

/** What the origin gateway made of the result. */
export interface DeliveryReference {
  readonly deliveryTx: string;
  /** `pending`: taken, and final once the policy's window has passed. */
  readonly outcome: "delivered" | "declined" | "pending" | "rejected";
  /** Name of the gateway's reason where it rejected. */
  readonly rejection: string | null;
  readonly callback: "succeeded" | "failed" | "none";
  readonly at: number;
}

/** How the request was closed after its closing time. */
export interface RefundReference {
  readonly outcome: Outcome | "pending";
  /** The transaction that refunded; null where the chain had settled it already, or no longer holds the request. */
  readonly refundTx: string | null;
  readonly at: number;
}

/** What became of a pending result. */
export type FinalizationReference = {
  readonly at: number;
} & (
  | {
      /** The window has not passed yet. */
      readonly outcome: "pending";
      /** Unix seconds. */
      readonly finalAt: number;
      readonly disputed: boolean;
      /** The policy's verifier, the only one who may dispute or overturn it. */
      readonly verifier: string;
    }
  | {
      /** `declined`: it was overturned, and the fees are refunded. */
      readonly outcome: Outcome;
      /** The transaction that finalised; null where somebody else's did, or the policy's verifier overturned it. */
      readonly finalizeTx: string | null;
      readonly callback: DeliveryReference["callback"];
    }
);

/** What became of an output that was settled by its hash. */
export interface RevealReference {
  /** `foreign`: the gateway took another relayer's result, whose output this one does not have. */
  readonly outcome: "revealed" | "foreign";
  /** The transaction that revealed; null where somebody else's did. */
  readonly revealTx: string | null;
  readonly callback: DeliveryReference["callback"];
  readonly at: number;
}

/** Result of the flow. */
export interface RequestResult {
  readonly outcome: Outcome;
  readonly stages: Readonly<Partial<Record<Stage, number>>>;
}

/** What somebody else settled on chain; `pending`: a result came whose window lasts. */
export interface Settlement {
  readonly outcome: Outcome | "pending";
  readonly tx: string;
  readonly at: number;
}

/** Answer of the status query. `reason` is never empty: a request that waits says why. */
export interface FlowStatus {
  readonly requestId: string;
  readonly phase: "infer" | "evidence" | "result" | "delivery" | "refund" | "finalize" | "reveal" | "done";
  readonly reason: string;
  /** Who must act for it to go on; `nobody` while work simply takes its time. */
  readonly actor: ErrorActor | "nobody";
  /** Code of the last failure in this phase. */
  readonly code: string | null;
  /** What the actor can do about that failure. */
  readonly fix: string | null;
  readonly attempt: number;
  /** Unix milliseconds: since when it is in this phase. */
  readonly since: number;
  /** Unix milliseconds of the next try; null while one is running. */
  readonly nextAttemptAt: number | null;
  /** Unix milliseconds after which it is refunded instead. */
  readonly closesAt: number;
  /** Unix milliseconds at which each stage was reached. */
  readonly stages: Readonly<Partial<Record<Stage, number>>>;
  readonly status: number | null;
  readonly output: string | null;
  readonly evidence: EvidenceReference | null;
  readonly message: MessageReference | null;
  readonly delivery: DeliveryReference | null;
  readonly refund: RefundReference | null;
  readonly finalization: FinalizationReference | null;
  readonly reveal: RevealReference | null;
  readonly outcome: Outcome | null;
}

/** Names of the messages the flow understands; clients and the flow share them. */
export const flowName = "inferenceRequest";
export const statusQueryName = "status";
export const settledSignalName = "settled";
/** Its argument: Unix milliseconds. */
export const closingSignalName = "closing";

/** Whether an output stays away from the result's message and is made public afterwards, with the callback it was promised. */
export function isRevealedLater(terms: Pick<TermsJson, "outputMode" | "callbackGasLimit">): boolean {
  // `outputModes.hash`, which lies beside viem, and a flow must not load that.
  return terms.outputMode === 1 && terms.callbackGasLimit > 0;
}

/** Task queues: one per kind of dependency, so that a slow one cannot starve the rest. */
export const taskQueues = {
  flows: "herald-flows",
  ritual: "herald-ritual",
  da: "herald-da",
  hub: "herald-hub",
  /** Deliveries and refunds of one origin chain. */
  chain: (chain: string): string => `herald-chain-${chain}`,
} as const;
