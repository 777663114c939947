import { HeraldError } from "./errors.js";
import {
  FLAG_CALLBACK_FAILED,
  FLAG_DISPUTED,
  FLAG_OUTPUT_AWAITED,
  type RequestState,
  requestStates,
} from "./lifecycle.js";

/** A gateway state word, decoded. Layout: state uint8 | flags uint8 | open: closeAt uint40, topUp uint96 | settled: finalAt uint40, digest uint200. */
export type StateWord =
  | { readonly state: "none" }
  | { readonly state: "open"; readonly closeAt: number; readonly topUp: bigint }
  | {
      readonly state: Exclude<RequestState, "none" | "open">;
      readonly callbackFailed: boolean;
      /** Settled by the hash of its output, which nobody has revealed yet. */
      readonly outputAwaited: boolean;
      /** The policy's verifier disputes the pending result. */
      readonly disputed: boolean;
      /** Unix seconds from which the result is final. */
      readonly finalAt: number;
      /** Low 200 bits of the settlement digest. */
      readonly digest: bigint;
    };

const bits = (word: bigint, from: number, width: number): bigint =>
  (word >> BigInt(from)) & ((1n << BigInt(width)) - 1n);

/**
 * Reads the one word of state the gateway keeps per request.
 * @throws HeraldError WIRE_UNKNOWN_STATE for a state this version does not know
 */
export function decodeStateWord(word: bigint): StateWord {
  const state = requestStates[Number(bits(word, 0, 8))];
  if (state === undefined) {
    throw new HeraldError({
      code: "WIRE_UNKNOWN_STATE",
      message: "The gateway reports a request state this version does not know.",
      facts: { word: `0x${word.toString(16)}` },
      fix: "Update Herald to the version of the gateway.",
      actor: "operator",
      retry: "never",
    });
  }
  if (state === "none") return { state };
  if (state === "open") return { state, closeAt: Number(bits(word, 16, 40)), topUp: bits(word, 56, 96) };
  const flags = Number(bits(word, 8, 8));
  return {
    state,
    callbackFailed: (flags & FLAG_CALLBACK_FAILED) !== 0,
    outputAwaited: (flags & FLAG_OUTPUT_AWAITED) !== 0,
    disputed: (flags & FLAG_DISPUTED) !== 0,
    finalAt: Number(bits(word, 16, 40)),
    digest: bits(word, 56, 200),
  };
}
