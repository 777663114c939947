import type { Json } from "@herald/wire/canonicalJson";
import { HeraldError } from "@herald/wire/errors";
import { parseChainId, parseModelId, parseRequestId } from "@herald/wire/ids";
import { termsFromJson } from "@herald/wire/terms";
import { type Address, getAddress, type Hex } from "viem";
import { z } from "zod";
import { ENVELOPE_VERSION, type EvidenceEnvelope, encodeEvidence, MAX_ENVELOPE_BYTES } from "./evidenceEnvelope.js";

// CAST: the pattern is what makes it hex.
const hex = z
  .string()
  .regex(/^0x([0-9a-f]{2})*$/)
  .transform((text) => text as Hex);
const sized = (length: number) => hex.refine((text) => text.length === 2 + 2 * length, `not ${length} bytes`);
const address = sized(20).transform((text): Address => getAddress(text));
const uint = (bits: number) =>
  z
    .number()
    .int()
    .min(0)
    .max(2 ** bits - 1);
const uint96 = z
  .string()
  .regex(/^(0|[1-9]\d{0,28})$/)
  .refine((text) => BigInt(text) < 1n << 96n, "more than 96 bits");

const terms = z.strictObject({
  version: uint(8),
  salt: sized(32),
  requester: address,
  consumer: address,
  refundTo: address,
  callbackGasLimit: uint(32),
  contextHash: sized(32),
  modelId: sized(32),
  inputHash: sized(32),
  inputMode: uint(8),
  outputMode: uint(8),
  policyId: uint(32),
  feeToken: address,
  workerFee: uint96,
  relayFee: uint96,
  protocolFee: uint96,
  relayer: address,
  deadline: uint(40),
});

const answer = z.strictObject({
  id: sized(32).transform(parseRequestId),
  status: uint(8),
  outputHash: sized(32),
  evidenceHash: sized(32),
  payee: address,
  relayer: address,
});

const envelopeSchema = z
  .strictObject({
    v: z.literal(ENVELOPE_VERSION),
    chainId: z.number().int().positive().transform(parseChainId),
    gateway: address,
    part: z.strictObject({
      id: sized(32).transform(parseRequestId),
      modelId: sized(32).transform(parseModelId),
      output: hex,
      proof: hex,
    }),
    terms: terms.transform(termsFromJson),
    input: hex,
    context: hex,
    answers: z
      .array(z.strictObject({ answer, signature: sized(65), worker: address }))
      .min(1)
      .max(255),
    // CAST: z.json() accepts JSON values and nothing else.
    relayer: z
      .record(
        z.string(),
        z.json().transform((value) => value as Json),
      )
      .optional(),
  })
  .transform(
    ({ v: _, chainId, gateway, relayer, ...rest }): EvidenceEnvelope => ({
      ref: { chainId, gateway },
      ...rest,
      ...(relayer !== undefined && { relayer }),
    }),
  );

/**
 * Reads an envelope from bytes nobody vouches for. The form is checked here, the meaning by `verifyEnvelope`.
 * @throws HeraldError DA_ENVELOPE_MALFORMED, also for bytes `encodeEvidence` would not have written
 */
export function parseEvidence(bytes: Uint8Array): EvidenceEnvelope {
  if (bytes.length > MAX_ENVELOPE_BYTES) throw malformed(bytes, "larger than an envelope may be");
  const parsed = envelopeSchema.safeParse(parseJson(bytes));
  if (!parsed.success) throw malformed(bytes, z.prettifyError(parsed.error).slice(0, 600));
  // One envelope, one encoding: otherwise the same evidence could be posted under many commitments.
  if (Buffer.compare(encodeEvidence(parsed.data), bytes) !== 0) throw malformed(bytes, "not in canonical form");
  return parsed.data;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw malformed(bytes, "not JSON in UTF-8");
  }
}

function malformed(bytes: Uint8Array, reason: string): HeraldError {
  return new HeraldError({
    code: "DA_ENVELOPE_MALFORMED",
    message: "The bytes are not an evidence envelope.",
    facts: { bytes: bytes.length, reason },
    actor: "upstream",
    retry: "never",
  });
}
