import { HeraldError } from "@herald/wire/errors";
import { evidenceHashOf } from "@herald/wire/evidence";
import { inputModes } from "@herald/wire/terms";
import { type GatewayRef, recoverAnswerSigner, requestIdOf } from "@herald/wire/typedData";
import { keccak256, zeroAddress } from "viem";
import type { EvidenceEnvelope } from "./evidenceEnvelope.js";

/**
 * Checks that an envelope hangs together: the terms make the request's id at this gateway; input, context and model are the ones the
 * terms name; every answer is to this request, over this output and evidence, says the same as the others and is signed by the worker
 * it names, each of them once. Whether these workers count is for the origin chain (or `workerSets`) to say.
 * @throws HeraldError DA_EVIDENCE_MISMATCH; the fact `check` names the first check that failed
 */
export async function verifyEnvelope(envelope: EvidenceEnvelope, ref: GatewayRef): Promise<void> {
  const { part, terms, answers } = envelope;
  const same = (check: string, expected: unknown, received: unknown) => {
    if (fold(expected) !== fold(received)) throw mismatch(envelope, check, expected, received);
  };
  same("chain", ref.chainId, envelope.ref.chainId);
  same("gateway", ref.gateway, envelope.ref.gateway);
  same("request id", requestIdOf(ref, terms), part.id);
  same("model", terms.modelId, part.modelId);
  same("context hash", terms.contextHash, keccak256(envelope.context));
  if (terms.inputMode === inputModes.inline) same("input hash", terms.inputHash, keccak256(envelope.input));

  const first = answers[0]?.answer;
  if (first === undefined) throw mismatch(envelope, "answers", "at least one", "none");
  const outputHash = keccak256(part.output);
  const evidenceHash = evidenceHashOf(part);
  for (const { answer } of answers) {
    same("answered request", part.id, answer.id);
    same("status", first.status, answer.status);
    same("output hash", outputHash, answer.outputHash);
    same("evidence hash", evidenceHash, answer.evidenceHash);
    same("relayer", terms.relayer === zeroAddress ? first.relayer : terms.relayer, answer.relayer);
  }
  if (new Set(answers.map(({ worker }) => fold(worker))).size !== answers.length)
    throw mismatch(envelope, "workers", "each once", "one twice");
  for (const { answer, signature, worker } of answers)
    same("signature", worker, await recoverAnswerSigner(ref, answer, signature).catch(() => "none"));
}

function fold(value: unknown): unknown {
  return typeof value === "string" ? value.toLowerCase() : value;
}

function mismatch(envelope: EvidenceEnvelope, check: string, expected: unknown, received: unknown): HeraldError {
  return new HeraldError({
    code: "DA_EVIDENCE_MISMATCH",
    message: "An evidence envelope contradicts itself or the request it claims to be of.",
    facts: { id: envelope.part.id, check, expected, received },
    actor: "upstream",
    fix: "Do not rely on this evidence; find out who posted it.",
    retry: "never",
  });
}
