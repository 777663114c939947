import type { SignedAnswer } from "@herald/wire/answer";
import { ByteReader } from "@herald/wire/byteReader";
import { HeraldError } from "@herald/wire/errors";
import { parseChainId, parseRequestId } from "@herald/wire/ids";
import { decodeTerms, encodeTerms, TERMS_LENGTH, type Terms } from "@herald/wire/terms";
import type { GatewayRef } from "@herald/wire/typedData";
import { type Address, concatHex, getAddress, type Hex, numberToHex } from "viem";
import { z } from "zod";

/**
 * How a Herald request travels through Infernet's container API (node v1.4, `POST /service_output`). Byte strings are hex without
 * `0x`, because Infernet's node chokes on the prefix.
 *
 * Request: an off-chain job. Version 1 of `data`:
 * ```json
 * {"source":1,"destination":1,"requires_proof":true,
 *  "data":{"version":1,"chain_id":31101,"gateway":"<20 bytes>","terms":"<280 bytes, see encodeTerms>","relayer":"<20 bytes>","input":"<bytes>"}}
 * ```
 * Answer: the five keys Infernet's node encodes for a chain. The output is in `raw_output`; `proof` is version 1 of the signed answer,
 * 223 bytes: `version 1 | id 32 | status 1 | outputHash 32 | evidenceHash 32 | payee 20 | relayer 20 | signature 65 | worker 20`.
 * ```json
 * {"raw_input":null,"processed_input":null,"raw_output":"<bytes>","processed_output":null,"proof":"<223 bytes>"}
 * ```
 * Refusal: `{"code":"400","name":"WORKER_…","description":"…"}`, with the HTTP status of `code` (Infernet's node looks at the body only).
 */
export const SERVICE_OUTPUT_PATH = "/service_output";
/** Version of `data` and of `proof`; either changes only together with it. */
export const PROTOCOL_VERSION = 1;
/** Where a job comes from and where its answer goes, as Infernet numbers them. */
export const jobLocations = { onchain: 0, offchain: 1, stream: 2 } as const;
/** Longest request a worker reads, in bytes: an input of about 127 KB, four times what any of its models takes. */
export const MAX_CALL_BYTES = 256 * 1024;
/** Longest answer a client reads, in bytes. */
export const MAX_ANSWER_BYTES = 1024 * 1024;

/** One request to a worker. */
export interface InferenceCall extends GatewayRef {
  readonly terms: Terms;
  /** Who is credited the relay fee; the worker signs it. */
  readonly relayer: Address;
  readonly input: Hex;
}

/** What a worker gives back. */
export interface InferenceAnswer {
  readonly output: Hex;
  readonly signed: SignedAnswer;
}

const bareHex = z.string().regex(/^(?:[0-9a-fA-F]{2})*$/, "hex bytes without 0x expected");
const bareBytes = (length: number) => bareHex.length(2 * length, `${length} bytes of hex without 0x expected`);
const callSchema = z.object({
  source: z.union([z.literal(jobLocations.onchain), z.literal(jobLocations.offchain)]),
  destination: z.union([z.literal(jobLocations.onchain), z.literal(jobLocations.offchain)]),
  requires_proof: z.boolean().optional(),
  data: z.object({
    version: z.literal(PROTOCOL_VERSION),
    chain_id: z.int().positive(),
    gateway: bareBytes(20),
    terms: bareBytes(TERMS_LENGTH),
    relayer: bareBytes(20),
    input: bareHex,
  }),
});
const answerSchema = z.object({ raw_output: bareHex, proof: bareHex });
const refusalSchema = z.object({
  code: z.union([z.string(), z.number()]).transform(String),
  name: z.string().optional(),
  description: z.string().optional(),
});

/** The body of `POST /service_output`. */
export function encodeCall(call: InferenceCall): z.infer<typeof callSchema> {
  return {
    source: jobLocations.offchain,
    destination: jobLocations.offchain,
    requires_proof: true,
    data: {
      version: PROTOCOL_VERSION,
      chain_id: call.chainId,
      gateway: bare(call.gateway),
      terms: bare(encodeTerms(call.terms)),
      relayer: bare(call.relayer),
      input: bare(call.input),
    },
  };
}

/** @throws HeraldError WORKER_CALL_MALFORMED naming every problem with its path */
export function decodeCall(body: unknown): InferenceCall {
  const parsed = callSchema.safeParse(body);
  if (!parsed.success) throw malformed("WORKER_CALL_MALFORMED", "user", z.prettifyError(parsed.error));
  const { data } = parsed.data;
  return {
    chainId: parseChainId(data.chain_id),
    gateway: getAddress(`0x${data.gateway}`),
    terms: decodeTerms(`0x${data.terms}`),
    relayer: getAddress(`0x${data.relayer}`),
    input: prefixed(data.input),
  };
}

/** The body a worker answers with. */
export function encodeAnswer({ output, signed: { answer, signature, worker } }: InferenceAnswer) {
  const proof = concatHex([
    numberToHex(PROTOCOL_VERSION, { size: 1 }),
    answer.id,
    numberToHex(answer.status, { size: 1 }),
    answer.outputHash,
    answer.evidenceHash,
    answer.payee,
    answer.relayer,
    signature,
    worker,
  ]);
  return {
    raw_input: null,
    processed_input: null,
    raw_output: bare(output),
    processed_output: null,
    proof: bare(proof),
  };
}

/** Reads a worker's answer; only its form is checked. @throws HeraldError WORKER_ANSWER_MALFORMED */
export function decodeAnswer(body: unknown): InferenceAnswer {
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success) throw malformed("WORKER_ANSWER_MALFORMED", "upstream", z.prettifyError(parsed.error));
  const reader = new ByteReader(prefixed(parsed.data.proof), "signed answer");
  try {
    const version = reader.number(1);
    if (version !== PROTOCOL_VERSION)
      throw new RangeError(`proof version ${PROTOCOL_VERSION} expected, got ${version}`);
    const answer = {
      id: parseRequestId(reader.hex(32)),
      status: reader.number(1),
      outputHash: reader.hex(32),
      evidenceHash: reader.hex(32),
      payee: reader.address(),
      relayer: reader.address(),
    };
    const signed = { answer, signature: reader.hex(65), worker: reader.address() };
    reader.end();
    return { output: prefixed(parsed.data.raw_output), signed };
  } catch (cause) {
    throw malformed("WORKER_ANSWER_MALFORMED", "upstream", `proof: ${problemOf(cause)}`, cause);
  }
}

/** The refusal a body carries, or undefined. Infernet's services give refusals any HTTP status, so the body decides. */
export function decodeRefusal(body: unknown): z.infer<typeof refusalSchema> | undefined {
  const parsed = refusalSchema.safeParse(body);
  return parsed.success && parsed.data.code !== "200" ? parsed.data : undefined;
}

function malformed(code: string, actor: "user" | "upstream", problem: string, cause?: unknown): HeraldError {
  return new HeraldError({
    code,
    message: "The message does not have the form of Herald's container protocol.",
    facts: { problem: problem.slice(0, 600), version: PROTOCOL_VERSION },
    fix: "Use a worker and a relayer that speak the same version of the protocol.",
    actor,
    retry: "never",
    cause,
  });
}

function problemOf(cause: unknown): string {
  if (cause instanceof HeraldError) return String(cause.facts.reason ?? cause.message);
  return cause instanceof Error ? cause.message : String(cause);
}

function bare(bytes: Hex): string {
  return bytes.slice(2).toLowerCase();
}

function prefixed(bytes: string): Hex {
  return `0x${bytes.toLowerCase()}`;
}
