import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { rejectionReasonName } from "@herald/wire/lifecycle";
import { type Address, type Log, parseEventLogs, type TransactionReceipt } from "viem";
import type { DeliveryReference } from "../flows/contract.js";

/** What the gateway said of one request in a transaction. */
export type GatewayVerdict = Omit<DeliveryReference, "deliveryTx" | "at">;

/** Reads from the receipt of a delivery, a finalisation or a reveal what became of each request, by request id in lower case. */
export function readSettlements(gateway: Address, receipt: TransactionReceipt): ReadonlyMap<string, GatewayVerdict> {
  const ours = receipt.logs.filter((log: Log) => log.address.toLowerCase() === gateway.toLowerCase());
  const events = parseEventLogs({ abi: inferenceGatewayAbi, logs: ours });
  const verdicts = new Map<string, GatewayVerdict>();
  for (const event of events) {
    if (event.eventName === "ResultDelivered") {
      const outcome = event.args.status !== 1 ? "declined" : event.args.isFinal ? "delivered" : "pending";
      verdicts.set(event.args.id.toLowerCase(), { outcome, rejection: null, callback: "none" });
    }
    if (event.eventName === "ResultFinalized" || event.eventName === "OutputRevealed") {
      verdicts.set(event.args.id.toLowerCase(), { outcome: "delivered", rejection: null, callback: "none" });
    }
    if (event.eventName === "ResultOverturned") {
      verdicts.set(event.args.id.toLowerCase(), { outcome: "declined", rejection: null, callback: "none" });
    }
    if (event.eventName === "ResultRejected") {
      const rejection = rejectionReasonName(event.args.reason);
      verdicts.set(event.args.id.toLowerCase(), { outcome: "rejected", rejection, callback: "none" });
    }
  }
  for (const event of events) {
    if (event.eventName !== "CallbackSucceeded" && event.eventName !== "CallbackFailed") continue;
    const id = event.args.id.toLowerCase();
    const verdict = verdicts.get(id);
    const callback = event.eventName === "CallbackSucceeded" ? "succeeded" : "failed";
    if (verdict !== undefined) verdicts.set(id, { ...verdict, callback });
  }
  return verdicts;
}
