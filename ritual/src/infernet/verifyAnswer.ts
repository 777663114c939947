import { HeraldError } from "@herald/wire/errors";
import { evidenceHashOf } from "@herald/wire/evidence";
import type { RequestId } from "@herald/wire/ids";
import { answerStatuses, answerStatusName } from "@herald/wire/lifecycle";
import { recoverAnswerSigner } from "@herald/wire/typedData";
import { type Address, isAddressEqual, keccak256, zeroAddress } from "viem";
import type { InferenceAnswer, InferenceCall } from "./containerProtocol.js";

/**
 * Checks everything a worker's answer claims against what it was asked.
 * @throws HeraldError WORKER_ANSWER_MISMATCH for a field that differs, WORKER_WRONG_SIGNER for a signature by another key
 */
export async function verifyAnswer(parameters: {
  readonly call: InferenceCall;
  readonly id: RequestId;
  readonly worker: Address;
  readonly found: InferenceAnswer;
  readonly facts: Readonly<Record<string, unknown>>;
}): Promise<void> {
  const { call, id, worker, facts } = parameters;
  const { output, signed } = parameters.found;
  const { answer, signature } = signed;

  same("id", id, answer.id);
  const status = answerStatusName(answer.status);
  if (status === undefined) same("status", Object.values(answerStatuses).join(" | "), String(answer.status));
  // What is not ok has no output: nobody may smuggle bytes to a consumer under a refusal.
  if (status !== "ok") same("output", "0x", output);
  same("outputHash", keccak256(output), answer.outputHash);
  same("evidenceHash", evidenceHashOf({ id, modelId: call.terms.modelId, output, proof: "0x" }), answer.evidenceHash);
  same("relayer", call.relayer.toLowerCase(), answer.relayer.toLowerCase());

  // The verifier on chain would refuse the whole proof for it, and with it the other workers' answers.
  if (isAddressEqual(answer.payee, zeroAddress)) same("payee", "an account", answer.payee);

  const signer = await recoverAnswerSigner(call, answer, signature).catch(() => null);
  if (signer !== null && isAddressEqual(signer, worker) && isAddressEqual(signed.worker, worker)) return;
  throw new HeraldError({
    code: "WORKER_WRONG_SIGNER",
    message: "The worker's answer is not signed by the key it is known by.",
    facts: { ...facts, signer: signer ?? "(the signature recovers to nothing)", claimed: signed.worker },
    fix: "Check the worker's key and the address configured for it.",
    actor: "operator",
    retry: { afterMs: 60_000 },
  });

  function same(field: string, expected: string, received: string): void {
    if (expected === received) return;
    throw new HeraldError({
      code: "WORKER_ANSWER_MISMATCH",
      message: "The worker's answer does not match what it was asked.",
      facts: { ...facts, field, expected: expected.slice(0, 100), received: received.slice(0, 100) },
      fix: "Check the worker; it must not be trusted until the cause is known.",
      actor: "operator",
      retry: { afterMs: 60_000 },
    });
  }
}
