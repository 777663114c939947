import { keccak256, stringToHex } from "viem";
import { canonicalJson, type Json } from "./canonicalJson.js";
import { type ModelId, parseModelId } from "./ids.js";

/** What names a model: whatever changes an answer belongs into it. Its hash is the model id. */
export type ModelManifest = {
  readonly name: string;
  /** `text-generation`, `classification`, … */
  readonly task: string;
  /** SHA-256 of each file the answers depend on, by name. */
  readonly weights: { readonly [file: string]: string };
  readonly licence: string;
  /** Everything else that changes an answer: sampling, limits, formats. */
  readonly parameters: { readonly [name: string]: Json };
};

/** keccak256 of the manifest in canonical JSON. */
export function modelIdOf(manifest: ModelManifest): ModelId {
  return parseModelId(keccak256(stringToHex(canonicalJson(manifest))));
}
