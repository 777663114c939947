import { readFileSync } from "node:fs";
import type { Hex } from "viem";
import { z } from "zod";
import { blobSchema } from "../src/blob.js";
import { commitmentProofSchema } from "../src/commitmentProof.js";
import { extendedHeaderSchema } from "../src/extendedHeader.js";
import { parseNamespace } from "../src/namespace.js";

const schema = z.object({ blob: blobSchema, header: extendedHeaderSchema, commitmentProof: commitmentProofSchema });

/** JSON of a blob with its proof, as a real node gave it: 11 shares over 3 rows of an 8 × 8 extended square. */
export function recordedJson() {
  return JSON.parse(readFileSync(new URL("./vectors/blobProof.json", import.meta.url), "utf8"));
}

/** The same, parsed. */
export function recordedProof() {
  const { blob, header, commitmentProof } = schema.parse(recordedJson());
  const commitment: Hex = blob.claimedCommitment;
  return { blob, header, commitment, proof: commitmentProof, namespace: parseNamespace(blob.namespace) };
}
