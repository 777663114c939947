import { requestInference } from "@herald/ritual/infernet/containerClient";
import { HeraldError } from "@herald/wire/errors";
import type { Log } from "@herald/wire/log";
import { outputModes } from "@herald/wire/terms";
import { cancellationSignal, heartbeat } from "@temporalio/activity";
import { type Address, size } from "viem";
import type { Inference, RequestArgs } from "../flows/contract.js";
import { askWorkers, type Vote } from "./askWorkers.js";
import type { RequestBodies, RequestBodiesIndex } from "./requestBodies.js";
import type { SpanRecorder } from "./spans.js";
import { toApplicationFailure } from "./toApplicationFailure.js";

/** A worker the relayer knows. */
export interface KnownWorker {
  readonly name: string;
  readonly url: string;
  /** The key it signs with. */
  readonly address: Address;
}

/** What the request's policy demands of the workers, read on the origin chain. */
export interface WorkerRule {
  readonly k: number;
  readonly setId: number;
  /** Operator of a worker that may vouch for this set now; null for one that may not. */
  operatorOf(worker: Address): Promise<Address | null>;
}

/** The longest output the gateway takes in a result message (its `MAX_OUTPUT_BYTES`). */
export const MAX_INLINE_OUTPUT_BYTES = 16_384;
/** The longest output revealed after it was settled by its hash: half of what nodes take as one transaction. */
export const MAX_HASHED_OUTPUT_BYTES = 65_536;
/** All asking of one attempt ends within this, well inside the flow's limit for the activity. */
const ATTEMPT_MS = 150_000;
const HEARTBEAT_MS = 2_000;

/**
 * Asks workers until k of distinct operators have signed the same answer. Every answer is checked before it counts: its hashes, its
 * signature, and that the request's policy allows its key.
 */
export function createInferRequest(parameters: {
  readonly workers: readonly KnownWorker[];
  /** How long one worker may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly payee: Address;
  readonly index: RequestBodiesIndex;
  /** An inference whose evidence was already entered for publication: it stands, whatever a later run would say. */
  readonly decided: (requestId: string) => Promise<Inference | undefined>;
  readonly ruleOf: (request: RequestBodies) => Promise<WorkerRule>;
  readonly spans: SpanRecorder;
  readonly log: Log;
}): (request: RequestArgs) => Promise<Inference> {
  const { workers, timeoutMs, payee, index, decided, ruleOf, spans, log } = parameters;
  // Where the next request begins among the workers, so that each gets its share, and an attempt begins elsewhere than the last.
  let turn = 0;

  return async ({ requestId }) => {
    const beat = setInterval(() => heartbeat(), HEARTBEAT_MS);
    try {
      const earlier = await decided(requestId);
      if (earlier !== undefined) return earlier;
      const request = await index.bodies(requestId);
      const rule = await ruleOf(request);
      const from = Date.now();
      const found = await gather(request, rule);
      await spans.record([requestId], "model", from, Date.now());
      return found;
    } catch (error) {
      throw toApplicationFailure(error);
    } finally {
      clearInterval(beat);
    }
  };

  async function gather(request: RequestBodies, rule: WorkerRule): Promise<Inference> {
    const until = Date.now() + ATTEMPT_MS;
    const poll = await askWorkers({
      workers: rotate(workers, turn++),
      k: rule.k,
      ask: (worker, signal) => ask({ request, rule, worker, until, signal }),
      onFailure: (worker, failure) =>
        log.warn("A worker gave no usable answer.", { requestId: request.requestId, worker: worker.name, failure }),
      signal: cancellationSignal(),
    });
    const [first] = poll.agreed ?? [];
    if (poll.agreed !== null && first !== undefined) {
      return {
        status: first.signed.answer.status,
        output: first.output,
        answers: poll.agreed.map((vote) => vote.signed),
        at: Date.now(),
      };
    }
    throw new HeraldError({
      code: "INFERENCE_NO_QUORUM",
      message: "Too few workers gave the same usable answer.",
      facts: { wanted: rule.k, ...(poll.agreed === null ? { agreeing: poll.most, ...poll.failures } : {}) },
      fix: "Bring the workers named here back, or configure more workers of the request's set.",
      actor: "operator",
      retry: { afterMs: 2_000 },
    });
  }

  async function ask({ request, rule, worker, until, signal }: Question): Promise<Vote> {
    const operator = await rule.operatorOf(worker.address);
    if (operator === null) throw notInSet(request, worker, rule);
    const { output, signed } = await requestInference({
      url: worker.url,
      worker: worker.address,
      call: {
        chainId: request.ref.chainId,
        gateway: request.ref.gateway,
        terms: request.terms,
        relayer: payee,
        input: request.input,
      },
      signal,
      timeoutMs: Math.max(1, Math.min(timeoutMs, until - Date.now())),
      log,
    });
    const limit = request.terms.outputMode === outputModes.hash ? MAX_HASHED_OUTPUT_BYTES : MAX_INLINE_OUTPUT_BYTES;
    if (size(output) > limit) throw tooLarge(request, worker, size(output), limit);
    return { operator, output, signed };
  }
}

interface Question {
  readonly request: RequestBodies;
  readonly rule: WorkerRule;
  readonly worker: KnownWorker;
  readonly until: number;
  readonly signal: AbortSignal;
}

function notInSet(request: RequestBodies, worker: KnownWorker, rule: WorkerRule): HeraldError {
  return new HeraldError({
    code: "WORKER_NOT_IN_SET",
    message: `The worker's key ${worker.address} is not in the worker set ${rule.setId} that the request's policy names.`,
    facts: { requestId: request.requestId, worker: worker.address, setId: rule.setId },
    fix: "Configure a worker of that set, or have the set's admin register this one in a new set.",
    actor: "operator",
    retry: "never",
  });
}

function tooLarge(request: RequestBodies, worker: KnownWorker, bytes: number, limit: number): HeraldError {
  return new HeraldError({
    code: "INFERENCE_OUTPUT_TOO_LARGE",
    message: `The output has ${bytes} bytes; this request's may have ${limit}.`,
    facts: { requestId: request.requestId, worker: worker.name, bytes, limit },
    fix: "Bound the model's output, or have it asked for by its hash (output mode 1).",
    actor: "operator",
    retry: "never",
  });
}

function rotate<T>(items: readonly T[], by: number): readonly T[] {
  const at = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}
