import { modelByName, modelNames } from "@herald/ritual/models/modelByName";
import { answerStatusName, stages } from "@herald/wire/lifecycle";
import type { RequestView } from "../service/requestView.js";
import type { ChainView } from "./chainView.js";
import type { Sight } from "./sight.js";

/** A request on one screen: its stages, what it waits for, who must act. `nowMs` 0 leaves out what changes by itself. */
export function formatTimeline(
  { requestId, relayer, relayerProblem, chain, silentChains }: Sight,
  nowMs: number,
): string {
  const lines = relayer === null ? [`request ${requestId}`] : relayerLines(relayer, nowMs);
  if (relayerProblem !== null) lines.push(`Relayer    ${relayerProblem}`);
  lines.push(`Chain      ${chain === null ? noChainText(relayer, silentChains) : chainText(chain)}`);
  return lines.join("\n");
}

function relayerLines(view: RequestView, nowMs: number): string[] {
  const head = view.outcome === null ? `WAITING at ${view.phase}` : view.outcome.toUpperCase();
  const lines = [`request ${view.requestId}  ${view.origin}  ${modelName(view.model)}  ${head}`];
  const start = view.stages.observed ?? 0;
  for (const stage of stages) {
    const at = view.stages[stage];
    const when = at === undefined ? "--" : stage === "observed" ? clock(at) : `+${((at - start) / 1000).toFixed(1)} s`;
    lines.push(`  ${stage.padEnd(11)}${when.padEnd(14)}${at === undefined ? "" : detail(stage, view)}`.trimEnd());
  }
  if (view.outcome === "expired") lines.push(`  refunded   ${view.refundTx ?? ""}`);
  if (view.finalizeTx !== null) lines.push(`  finalised  ${view.finalizeTx}`);
  if (view.revealTx !== null) lines.push(`  revealed   ${view.revealTx}`);
  if (view.output !== null) lines.push(`Output     ${outputText(view)}`);
  if (view.topUp !== "0")
    lines.push(`Top-up     ${view.topUp} added to the relay fee, in the fee token's smallest unit`);
  if (view.retry !== null) {
    lines.push(`Callback   failed: ${view.callbackReason}`);
    lines.push(`Retry      anyone may: retryCallback at ${view.retry.to}, calldata in --json under relayer.retry`);
  }
  lines.push(`Reason     ${view.code === null ? "" : `${view.code}  `}${view.reason}`);
  if (view.outcome !== null) return lines;
  lines.push(`Who        ${view.actor === "nobody" ? "nobody; it goes on by itself" : view.actor}`);
  if (view.fix !== null) lines.push(`Fix        ${view.fix}`);
  if (view.nextAttemptAt !== null) lines.push(`Next       tried again ${moment(view.nextAttemptAt, nowMs)}`);
  // A result is there.
  if (view.phase === "finalize" || view.phase === "reveal") return lines;
  const cancelled = view.cancelled ? "cancelled by its requester; " : "";
  lines.push(`Closes     ${cancelled}${moment(view.closesAt, nowMs)}, then it is refunded`);
  return lines;
}

function detail(stage: (typeof stages)[number], view: RequestView): string {
  switch (stage) {
    case "observed":
      return view.originTx;
    case "published":
      return `Celestia height ${view.daHeight}  ${view.daCommitment}`;
    case "dispatched":
      return `message ${view.messageId}  in ${view.hubTx}`;
    case "delivered":
      return `${view.deliveryTx}  callback ${view.callback ?? "none"}`;
    default:
      return "";
  }
}

function noChainText(relayer: RequestView | null, silent: Readonly<Record<string, string>>): string {
  const reason = relayer === null ? undefined : silent[relayer.origin];
  if (relayer !== null && reason !== undefined) return `${relayer.origin} does not answer: ${reason}`;
  const others = Object.keys(silent);
  return others.length === 0 ? "the request is on none of them" : `no answer from ${others.join(", ")}`;
}

function chainText({ origin, state, closeAt, finalAt, disputed, outputAwaited, callbackFailed }: ChainView): string {
  const text = [`${state} on ${origin}`];
  if (closeAt !== null) text.push(`, refundable by anyone after ${clock(closeAt * 1000)}`);
  if (finalAt !== null)
    text.push(`${disputed ? " and disputed" : ""}, finalised by anyone after ${clock(finalAt * 1000)}`);
  if (outputAwaited) text.push("; the output is not revealed yet");
  if (callbackFailed) text.push("; the consumer's callback failed, and anyone may call retryCallback");
  return text.join("");
}

function outputText({ status, output }: RequestView): string {
  const name = status === null ? undefined : answerStatusName(status);
  if (name !== undefined && name !== "ok") return `none: the workers answered ${name}`;
  const bytes = Buffer.from((output ?? "0x").slice(2), "hex");
  const text = new TextDecoder().decode(bytes);
  // Not text: shown as it is on chain.
  if (!Buffer.from(text).equals(bytes)) return output ?? "0x";
  // A model's words must not steer the terminal: JSON leaves no control character of the first 32, the rest go here.
  return JSON.stringify(text).replace(/[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function modelName(id: string): string {
  const name = modelNames.find((it) => modelByName(it).id === id.toLowerCase());
  return name === undefined ? id : `${name} (${id.slice(0, 10)}…)`;
}

function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 23);
}

function moment(at: number, nowMs: number): string {
  if (nowMs === 0) return `at ${clock(at)}`;
  const left = Math.round((at - nowMs) / 1000);
  return left >= 0 ? `at ${clock(at)} (in ${left} s)` : `at ${clock(at)}`;
}
