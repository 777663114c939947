import { batchBytes, MAX_BATCH_BYTES } from "@herald/da/batch";
import type { PublishedBlob } from "@herald/da/blobJournal";
import type { CelestiaClient } from "@herald/da/celestiaClient";
import { encodeEvidence, MAX_ENVELOPE_BYTES } from "@herald/da/evidenceEnvelope";
import type { Namespace } from "@herald/da/namespace";
import { publishBlobs } from "@herald/da/publishBlobs";
import { HeraldError } from "@herald/wire/errors";
import { workflowIdOf } from "@herald/wire/ids";
import type { Log } from "@herald/wire/log";
import { type Hex, hexToBytes, size } from "viem";
import { EVIDENCE_LANE } from "../activities/createActivities.js";
import type { RequestBodies, RequestBodiesIndex } from "../activities/requestBodies.js";
import type { SpanRecorder } from "../activities/spans.js";
import type { EvidenceReference, Inference } from "../flows/contract.js";
import { notesJournal } from "./notesJournal.js";
import type { Effect } from "./outbox.js";
import { inferenceOf } from "./resultWriter.js";
import type { EffectWriter } from "./writerLoop.js";

/** Requests that share a submission; a bound on what one failure holds up. */
const MAX_ENVELOPES = 64;

/**
 * Posts evidence: one blob per request, one submission per batch. The DA journal lives in the batch's notes, so a restart finds what was
 * sent and looks for it on the chain before it sends again.
 */
export function evidenceWriter(parameters: {
  readonly client: CelestiaClient;
  readonly namespace: Namespace;
  readonly index: RequestBodiesIndex;
  readonly spans: SpanRecorder;
  readonly log: Log;
  readonly signal: AbortSignal;
}): EffectWriter {
  const { client, namespace, index, spans, log, signal } = parameters;
  return {
    kind: "evidence",
    lane: EVIDENCE_LANE,
    group: splitBatches,
    async act(batch, note) {
      const requests = await Promise.all(batch.effects.map((effect) => index.bodies(effect.requestId)));
      const blobs = batch.effects.map((effect, i) => encodeEvidence(envelopeOf(requests[i], inferenceOf(effect))));
      const from = Date.now();
      const published = await publishBlobs(
        { client, namespace, blobs, journal: notesJournal(batch.notes, note.save), log },
        signal,
      );
      const at = Date.now();
      await spans.record(
        batch.effects.map((it) => it.requestId),
        "celestia",
        from,
        at,
      );
      return batch.effects.map((key, i) => ({ key, reference: { ...reference(requests[i], published[i], at) } }));
    },
  };
}

function envelopeOf(request: RequestBodies | undefined, { output, answers }: Inference) {
  if (request === undefined) throw missing();
  const { ref, terms, input, context, requestId } = request;
  return {
    ref,
    // CAST: hex by construction, see `Inference`.
    part: { id: requestId, modelId: terms.modelId, output: output as Hex, proof: "0x" as const },
    terms,
    input,
    context,
    answers,
    relayer: { workflowId: workflowIdOf(requestId) },
  };
}

function reference(request: RequestBodies | undefined, blob: PublishedBlob | undefined, at: number): EvidenceReference {
  if (request === undefined || blob === undefined) throw missing();
  return {
    finalAt: request.finalAt ?? at,
    height: Number(blob.height),
    commitment: Buffer.from(hexToBytes(blob.commitment)).toString("base64"),
    namespace: Buffer.from(hexToBytes(blob.namespace)).toString("base64"),
    at,
  };
}

/** Bounded by what one submission may carry; the inputs' size is known only to the index, so each counts with the largest envelope. */
function splitBatches(effects: readonly Effect[]): readonly (readonly Effect[])[] {
  const groups: Effect[][] = [];
  let bytes = 0;
  for (const effect of effects) {
    const weight = batchBytes([{ length: envelopeBound(effect) }]);
    const last = groups.at(-1);
    if (last === undefined || last.length >= MAX_ENVELOPES || bytes + weight > MAX_BATCH_BYTES) {
      groups.push([effect]);
      bytes = weight;
    } else {
      last.push(effect);
      bytes += weight;
    }
  }
  return groups;
}

/** Gateways cap inputs and contexts well below this many bytes of hex. */
const INPUT_BOUND = 96 * 1024;

function envelopeBound(effect: Effect): number {
  const { output, answers } = inferenceOf(effect);
  // CAST: hex by construction, see `Inference`.
  return Math.min(MAX_ENVELOPE_BYTES, INPUT_BOUND + 2 * size(output as Hex) + 1_024 * answers.length);
}

function missing(): HeraldError {
  return new HeraldError({
    code: "EVIDENCE_INCOMPLETE",
    message: "A batch of evidence came back with fewer blobs than requests.",
    actor: "bug",
    retry: { afterMs: 10_000 },
  });
}
