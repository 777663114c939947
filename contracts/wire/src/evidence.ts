import { type Hex, keccak256, stringToHex } from "viem";
import { canonicalJson } from "./canonicalJson.js";
import type { ModelId, RequestId } from "./ids.js";

/** The worker's part of the evidence, fixed before anyone signs. For `Attested` the proof is empty, so k workers sign the same. */
export interface WorkerPart {
  readonly id: RequestId;
  readonly modelId: ModelId;
  /** Output bytes. */
  readonly output: Hex;
  /** Level-specific proof bytes, `0x` for Attested. */
  readonly proof: Hex;
}

/** keccak256 of the UTF-8 bytes of the part in canonical JSON (RFC 8785), hex in lower case. */
export function evidenceHashOf(part: WorkerPart): Hex {
  return keccak256(
    stringToHex(
      canonicalJson({
        id: part.id.toLowerCase(),
        modelId: part.modelId.toLowerCase(),
        output: part.output.toLowerCase(),
        proof: part.proof.toLowerCase(),
      }),
    ),
  );
}
