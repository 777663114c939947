import { parseModelId } from "@herald/wire/ids";
import { type TermsJson, termsToJson } from "@herald/wire/terms";
import type {
  DeliveryReference,
  EvidenceReference,
  FinalizationReference,
  Inference,
  MessageReference,
  RefundReference,
  RequestArgs,
  RevealReference,
} from "../src/flows/contract.js";

const address = (byte: string) => `0x${byte.repeat(20)}` as const;
const hash = (byte: string) => `0x${byte.repeat(32)}` as const;

let count = 0;

/** A request as intake starts it, closing after `openMs`. */
export function exampleRequest(openMs: number, change: Partial<Pick<TermsJson, "outputMode">> = {}): RequestArgs {
  count += 1;
  const deadline = Math.floor((Date.now() + openMs) / 1000);
  return {
    requestId: `0x${count.toString(16).padStart(64, "0")}`,
    chain: "base",
    seq: String(count),
    originTx: hash("aa"),
    observedAt: Date.now(),
    closeAt: deadline,
    terms: {
      ...termsToJson({
        version: 1,
        salt: hash("01"),
        requester: address("02"),
        consumer: address("03"),
        refundTo: address("02"),
        callbackGasLimit: 100_000,
        contextHash: hash("04"),
        modelId: parseModelId(hash("05")),
        inputHash: hash("06"),
        inputMode: 0,
        outputMode: 0,
        policyId: 1,
        feeToken: address("00"),
        workerFee: 1n,
        relayFee: 1n,
        protocolFee: 0n,
        relayer: address("00"),
        deadline,
      }),
      ...change,
    },
  };
}

export function exampleInference(requestId: string, status = 1): Inference {
  const signed = (byte: string) => ({
    answer: {
      // CAST: an id by construction, see above.
      id: requestId as Inference["answers"][number]["answer"]["id"],
      status,
      outputHash: hash("07"),
      evidenceHash: hash("08"),
      payee: address(byte),
      relayer: address("09"),
    },
    signature: `0x${byte.repeat(65)}` as const,
    worker: address(byte),
  });
  return { status, output: status === 1 ? "0x6869" : "0x", answers: [signed("0a"), signed("0b")], at: Date.now() };
}

export const exampleEvidence = (): EvidenceReference => ({
  finalAt: Date.now(),
  height: 7,
  commitment: "Y29tbWl0bWVudA==",
  namespace: "bmFtZXNwYWNl",
  at: Date.now(),
});

export const exampleMessage = (): MessageReference => ({ messageId: hash("0c"), hubTx: hash("0d"), at: Date.now() });

export const exampleDelivery = (outcome: DeliveryReference["outcome"] = "delivered"): DeliveryReference => ({
  deliveryTx: hash("0e"),
  outcome,
  rejection: outcome === "rejected" ? "proofRejected" : null,
  callback: outcome === "rejected" ? "none" : "succeeded",
  at: Date.now(),
});

/** `pendingMs`: the window lasts for that long; left out, it has passed. */
export const exampleFinalization = (pendingMs?: number): FinalizationReference =>
  pendingMs === undefined
    ? { outcome: "delivered", finalizeTx: hash("10"), callback: "succeeded", at: Date.now() }
    : {
        outcome: "pending",
        finalAt: Math.ceil((Date.now() + pendingMs) / 1000),
        disputed: false,
        verifier: address("11"),
        at: Date.now(),
      };

export const exampleReveal = (): RevealReference => ({
  outcome: "revealed",
  revealTx: hash("12"),
  callback: "succeeded",
  at: Date.now(),
});

export const exampleRefund = (): RefundReference => ({ outcome: "expired", refundTx: hash("0f"), at: Date.now() });
