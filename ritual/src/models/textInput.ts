import { inputRefused } from "./model.js";

// A byte order mark is kept: the model sees exactly the bytes that were hashed.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The text of an input.
 * @throws HeraldError MODEL_INPUT_REFUSED if it is empty, longer than `maxBytes`, or not UTF-8
 */
export function textInput(input: Uint8Array, maxBytes: number): string {
  if (input.length === 0) throw inputRefused("empty");
  if (input.length > maxBytes) throw inputRefused("too long", { bytes: input.length, maxBytes });
  try {
    return utf8.decode(input);
  } catch {
    throw inputRefused("not UTF-8");
  }
}
