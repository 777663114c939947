/** The gateway's state of a request (lowest byte of its state word). Append-only. */
export const requestStates = ["none", "open", "pending", "delivered", "declined", "expired"] as const;
export type RequestState = (typeof requestStates)[number];

/** Bit of the flags byte: the consumer's callback failed and may be run again. */
export const FLAG_CALLBACK_FAILED = 1;
/** Bit of the flags byte: the result was settled by the hash of its output, which nobody has revealed yet. */
export const FLAG_OUTPUT_AWAITED = 2;
/** Bit of the flags byte: the policy's verifier disputes the pending result. */
export const FLAG_DISPUTED = 4;
/** Bit of the flags byte: a dispute about the pending result was ruled on; there is no second one. */
export const FLAG_UPHELD = 8;

/** What a worker says of a request; the number is its wire value. Append-only; 0 is never valid. */
export const answerStatuses = { ok: 1, unsupported: 2, refused: 3, failed: 4 } as const;
export type AnswerStatus = keyof typeof answerStatuses;

/** Name of a wire status, or undefined for a number this version does not know. */
export function answerStatusName(status: number): AnswerStatus | undefined {
  // CAST: Object.keys loses the key type of a constant record.
  return (Object.keys(answerStatuses) as AnswerStatus[]).find((name) => answerStatuses[name] === status);
}

/** Why the gateway did not take a result item (event `ResultRejected`). Append-only. */
export const rejectionReasons = {
  malformed: 1,
  unknownRequest: 2,
  alreadySettled: 3,
  late: 4,
  relayerMismatch: 5,
  proofRejected: 6,
  outputMismatch: 7,
  contextMismatch: 8,
  statusUnknown: 9,
  outputTooLarge: 10,
} as const;
export type RejectionReason = keyof typeof rejectionReasons;

/** Name of a rejection code, or `code N` for one this version does not know. */
export function rejectionReasonName(code: number): string {
  return Object.entries(rejectionReasons).find(([, value]) => value === code)?.[0] ?? `code ${code}`;
}

/** Why the gateway ignored a whole message (event `MessageIgnored`). Append-only. */
export const ignoredMessageReasons = { unknownVersion: 1, unknownType: 2, malformed: 3 } as const;

/** The stages a request passes off chain, in order. */
export const stages = ["observed", "final", "inferred", "published", "dispatched", "delivered"] as const;
export type Stage = (typeof stages)[number];

/** How a request ended. */
export type Outcome = "delivered" | "declined" | "expired";
