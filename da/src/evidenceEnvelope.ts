import type { SignedAnswer } from "@herald/wire/answer";
import { canonicalJson, type Json } from "@herald/wire/canonicalJson";
import { HeraldError } from "@herald/wire/errors";
import type { WorkerPart } from "@herald/wire/evidence";
import type { Terms } from "@herald/wire/terms";
import { termsToJson } from "@herald/wire/terms";
import type { GatewayRef } from "@herald/wire/typedData";
import type { Hex } from "viem";

/** Version of the envelopes this package writes. */
export const ENVELOPE_VERSION = 1;
/** Most bytes an envelope may take: one blob, with room for others in the same batch. */
export const MAX_ENVELOPE_BYTES = 2 * 1024 * 1024;

/** All it takes to run a request again offline and check what came of it; posted to Celestia as one blob. */
export interface EvidenceEnvelope {
  /** Chain and gateway the request was made at. */
  readonly ref: GatewayRef;
  /** What the workers' evidence hash covers. */
  readonly part: WorkerPart;
  readonly terms: Terms;
  /** Input bytes, whose hash is in the terms. */
  readonly input: Hex;
  /** Context bytes, whose hash is in the terms. */
  readonly context: Hex;
  /** One per worker. */
  readonly answers: readonly SignedAnswer[];
  /** Whatever the relayer wants on record; must not depend on when or how often it is written. */
  readonly relayer?: { readonly [key: string]: Json };
}

/**
 * Bytes of an envelope: canonical JSON, hex in lower case, answers ordered by worker. Equal envelopes give equal bytes, and so equal
 * commitments.
 * @throws HeraldError DA_ENVELOPE_TOO_LARGE
 */
export function encodeEvidence(envelope: EvidenceEnvelope): Uint8Array {
  const { ref, part, terms, input, context, answers, relayer } = envelope;
  const json = lowerHex({
    chainId: ref.chainId,
    gateway: ref.gateway,
    part: { id: part.id, modelId: part.modelId, output: part.output, proof: part.proof },
    terms: { ...termsToJson(terms) },
    input,
    context,
    answers: [...answers]
      .sort((a, b) => (a.worker.toLowerCase() < b.worker.toLowerCase() ? -1 : 1))
      .map(({ answer, signature, worker }) => ({ answer: { ...answer }, signature, worker })),
  });
  const bytes = new TextEncoder().encode(
    canonicalJson({ ...json, v: ENVELOPE_VERSION, ...(relayer !== undefined && { relayer }) }),
  );
  if (bytes.length <= MAX_ENVELOPE_BYTES) return bytes;
  throw new HeraldError({
    code: "DA_ENVELOPE_TOO_LARGE",
    message: "The evidence of a request is larger than one blob may be.",
    facts: { id: part.id, bytes: bytes.length, limit: MAX_ENVELOPE_BYTES },
    actor: "operator",
    fix: "Admit only inputs and outputs whose hex fits the limit.",
    retry: "never",
  });
}

type JsonObject = { readonly [key: string]: Json };

/** The same object with every 0x-hex string in lower case: addresses come checksummed or not, bytes must not differ for it. */
function lowerHex(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, lower(item)]));
}

function lower(value: Json): Json {
  if (typeof value === "string") return value.startsWith("0x") ? value.toLowerCase() : value;
  if (value === null || typeof value !== "object") return value;
  // CAST: Array.isArray does not narrow a readonly array out of the union.
  return Array.isArray(value) ? (value as readonly Json[]).map(lower) : lowerHex(value as JsonObject);
}
