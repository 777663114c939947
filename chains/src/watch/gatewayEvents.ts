import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { parseModelId, parseRequestId } from "@herald/wire/ids";
import { inputModes, type Terms } from "@herald/wire/terms";
import { type GatewayRef, requestIdOf } from "@herald/wire/typedData";
import { decodeEventLog, type Hex, keccak256, type Log, toEventSelector } from "viem";
import { watchError } from "./watchErrors.js";
import type { BlockRef, GatewayEvent } from "./watcherStep.js";

/**
 * The events of one block, checked: every log belongs to the gateway and the block, every request's id, input and context follow from its
 * terms. A log that does not fit is a lie or a wrong configuration, never skipped.
 * @throws HeraldError WATCH_EVENT_INVALID
 */
export function readGatewayEvents(
  chain: string,
  ref: GatewayRef,
  block: BlockRef,
  logs: readonly Log[],
): readonly GatewayEvent[] {
  let last = -1;
  return logs.flatMap((log): GatewayEvent[] => {
    const invalid = (problem: string, facts: Readonly<Record<string, unknown>> = {}) =>
      watchError("WATCH_EVENT_INVALID", {
        chain,
        gateway: ref.gateway,
        block: block.number,
        blockHash: block.hash,
        transaction: log.transactionHash,
        logIndex: log.logIndex,
        problem,
        ...facts,
      });
    const { transactionHash: txHash, logIndex } = log;
    if (log.removed || txHash === null || logIndex === null) throw invalid("the log is not in a block");
    if (log.blockHash !== block.hash || log.blockNumber !== block.number) throw invalid("the log is of another block");
    if (log.address.toLowerCase() !== ref.gateway.toLowerCase()) throw invalid("the log is of another contract");
    if (logIndex <= last) throw invalid("the logs are out of order");
    last = logIndex;
    const event = decode(log, (cause) => invalid("the log cannot be decoded", { cause }));
    return event === undefined ? [] : [check(ref, { ...event, block, txHash, logIndex }, invalid)];
  });
}

type Unplaced<T> = T extends GatewayEvent ? Omit<T, "block" | "txHash" | "logIndex"> : never;

function decode(log: Log, invalid: (cause: string) => Error): Unplaced<GatewayEvent> | undefined {
  const [topic, ...rest] = log.topics;
  if (topic === undefined || !knownTopics.has(topic)) return undefined;
  try {
    const event = decodeEventLog({ abi: inferenceGatewayAbi, topics: [topic, ...rest], data: log.data, strict: true });
    switch (event.eventName) {
      case "RequestOpened": {
        const { id, seq, terms, input, context } = event.args;
        const checked: Terms = { ...terms, modelId: parseModelId(terms.modelId) };
        return { type: event.eventName, id: parseRequestId(id), seq, terms: checked, input, context };
      }
      case "RequestToppedUp":
        return { type: event.eventName, id: parseRequestId(event.args.id), topUp: event.args.topUp };
      case "RequestCancelled":
        return { type: event.eventName, id: parseRequestId(event.args.id), closeAt: event.args.closeAt };
      case "RequestExpired":
      case "ResultFinalized":
      case "ResultOverturned":
      case "CallbackSucceeded":
        return { type: event.eventName, id: parseRequestId(event.args.id) };
      case "CallbackFailed":
        return { type: event.eventName, id: parseRequestId(event.args.id), reason: event.args.reason };
      case "ResultDelivered": {
        const { id, status, outputHash, evidenceHash, relayer, payees, output, isFinal } = event.args;
        const result = { status, outputHash, evidenceHash, relayer, payees, output, isFinal };
        return { type: event.eventName, id: parseRequestId(id), ...result };
      }
      case "OutputRevealed":
        return { type: event.eventName, id: parseRequestId(event.args.id), output: event.args.output };
      case "ResultRejected":
        return { type: event.eventName, id: parseRequestId(event.args.id), reason: event.args.reason };
      case "MessageIgnored":
        return { type: event.eventName, reason: event.args.reason };
      default:
        // Credits, claims and settings do not concern a request's life; of a dispute only the outcome counts here.
        return undefined;
    }
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
}

function check(
  ref: GatewayRef,
  event: GatewayEvent,
  invalid: (problem: string, facts: Readonly<Record<string, unknown>>) => Error,
): GatewayEvent {
  if (event.type !== "RequestOpened") return event;
  const compare = (what: string, expected: Hex, received: Hex): void => {
    if (expected.toLowerCase() !== received.toLowerCase()) {
      throw invalid(`the ${what} does not follow from the terms`, { requestId: event.id, expected, received });
    }
  };
  compare("request id", requestIdOf(ref, event.terms), event.id);
  compare("context", event.terms.contextHash, keccak256(event.context));
  // Other modes carry a reference or a ciphertext, which the hash does not cover.
  if (event.terms.inputMode === inputModes.inline) compare("input", event.terms.inputHash, keccak256(event.input));
  return event;
}

const knownTopics: ReadonlySet<Hex> = new Set(
  inferenceGatewayAbi.filter((item) => item.type === "event").map((item) => toEventSelector(item)),
);
