import { HeraldError, isHeraldError } from "@herald/wire/errors";
import { evidenceHashOf } from "@herald/wire/evidence";
import type { ModelId, RequestId } from "@herald/wire/ids";
import { type AnswerStatus, answerStatuses } from "@herald/wire/lifecycle";
import type { Log } from "@herald/wire/log";
import { inputModes, outputModes, TERMS_VERSION } from "@herald/wire/terms";
import { answerTypedData, requestIdOf } from "@herald/wire/typedData";
import {
  type Address,
  bytesToHex,
  type Hex,
  hexToBytes,
  isAddressEqual,
  keccak256,
  type LocalAccount,
  zeroAddress,
} from "viem";
import type { InferenceAnswer, InferenceCall } from "../infernet/containerProtocol.js";
import type { LoadedModel } from "../models/model.js";
import type { FairQueue } from "./fairQueue.js";
import { SharedAnswers } from "./sharedAnswers.js";

/** A model this worker serves, and the queue in front of it. */
export interface ServedModel {
  readonly name: string;
  readonly loaded: LoadedModel;
  readonly queue: FairQueue;
}

/** Signed answers kept for calls that come again, a few kilobytes each. */
const KEPT_ANSWERS = 1024;

/**
 * Turns a call into a signed answer. Equal calls get the equal answer: it is kept, models are deterministic, and so is the signature.
 * What the worker cannot serve it signs as `unsupported`, `refused` or `failed`, with an empty output.
 */
export function createAnswerer(parameters: {
  readonly account: LocalAccount;
  /** Who is credited the worker's fee. */
  readonly payee: Address;
  readonly models: ReadonlyMap<ModelId, ServedModel>;
  readonly log: Log;
}): (call: InferenceCall, signal: AbortSignal) => Promise<InferenceAnswer> {
  const { account, payee, models, log } = parameters;
  const answers = new SharedAnswers<InferenceAnswer>(KEPT_ANSWERS);

  /** @throws HeraldError WORKER_CALL_MALFORMED, WORKER_INPUT_MISMATCH, WORKER_RELAYER_MISMATCH, WORKER_BUSY; the signal's reason */
  return async (call, signal) => {
    const id = requestIdOf(call, call.terms);
    check(call, id);
    // Chain, gateway, terms and with them the input are in the id.
    return answers.get(`${id}/${call.relayer}`, signal, (shared) => answer(call, id, shared));
  };

  async function answer(call: InferenceCall, id: RequestId, signal: AbortSignal): Promise<InferenceAnswer> {
    const receivedAt = performance.now();
    const { status, output, reason } = await infer(call, signal);
    const body = {
      id,
      status: answerStatuses[status],
      outputHash: keccak256(output),
      evidenceHash: evidenceHashOf({ id, modelId: call.terms.modelId, output, proof: "0x" }),
      payee,
      relayer: call.relayer,
    };
    const signature = await account.signTypedData(answerTypedData(call, body));
    log.info("A request was answered.", {
      requestId: id,
      model: models.get(call.terms.modelId)?.name ?? call.terms.modelId,
      status,
      ...(reason !== undefined && { reason }),
      ms: Math.round(performance.now() - receivedAt),
    });
    return { output, signed: { answer: body, signature, worker: account.address } };
  }

  async function infer(
    { terms, input }: InferenceCall,
    signal: AbortSignal,
  ): Promise<{ status: AnswerStatus; output: Hex; reason?: unknown }> {
    const model = models.get(terms.modelId);
    if (model === undefined)
      return { status: "unsupported", output: "0x", reason: "this worker does not serve the model" };
    if (terms.inputMode !== inputModes.inline || terms.outputMode === outputModes.sealed) {
      return {
        status: "unsupported",
        output: "0x",
        reason: "this worker takes plain inputs and gives plain outputs only",
      };
    }
    return model.queue.run(terms.requester, signal, async () => {
      try {
        return { status: "ok", output: bytesToHex(await model.loaded.run(hexToBytes(input), signal)) };
      } catch (error) {
        signal.throwIfAborted();
        if (isHeraldError(error) && error.code === "MODEL_INPUT_REFUSED") {
          return { status: "refused", output: "0x", reason: error.facts };
        }
        log.warn("A model failed on an input.", { model: model.name, error: String(error).slice(0, 500) });
        return { status: "failed", output: "0x", reason: "the model failed on the input" };
      }
    });
  }
}

function check({ terms, relayer, input }: InferenceCall, id: RequestId): void {
  if (terms.version !== TERMS_VERSION) {
    throw rejected("WORKER_CALL_MALFORMED", "The terms have a version this worker does not know.", {
      requestId: id,
      problem: `terms version ${TERMS_VERSION} expected, got ${terms.version}`,
    });
  }
  const inputHash = keccak256(input);
  if (terms.inputMode === inputModes.inline && inputHash !== terms.inputHash) {
    throw rejected("WORKER_INPUT_MISMATCH", "The input does not hash to the input hash of the terms.", {
      requestId: id,
      expected: terms.inputHash,
      received: inputHash,
    });
  }
  if (terms.relayer !== zeroAddress && !isAddressEqual(terms.relayer, relayer)) {
    throw rejected("WORKER_RELAYER_MISMATCH", "The terms name another relayer, so the answer would be worth nothing.", {
      requestId: id,
      expected: terms.relayer,
      received: relayer,
    });
  }
}

function rejected(code: string, message: string, facts: Readonly<Record<string, unknown>>): HeraldError {
  return new HeraldError({ code, message, facts, actor: "user", retry: "never" });
}
