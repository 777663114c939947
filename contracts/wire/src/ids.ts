import { type Address, getAddress, type Hex, isAddress, isHex, size } from "viem";
import { HeraldError } from "./errors.js";

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** EIP-712 digest of a request's terms; chain and gateway are in it. */
export type RequestId = Brand<Hex, "RequestId">;
/** keccak256 of a Hyperlane message. */
export type MessageId = Brand<Hex, "MessageId">;
/** keccak256 of a model's manifest in canonical JSON. */
export type ModelId = Brand<Hex, "ModelId">;
/** EVM chain id. Not a Hyperlane domain, even where the numbers agree. */
export type ChainId = Brand<number, "ChainId">;
/** Hyperlane domain (uint32). */
export type Domain = Brand<number, "Domain">;

function parseHash<Name extends string>(value: unknown, what: Name): Brand<Hex, Name> {
  if (typeof value === "string" && isHex(value) && size(value) === 32) {
    // CAST: the brand is put on here, after the check, and nowhere else.
    return value.toLowerCase() as Brand<Hex, Name>;
  }
  throw new HeraldError({
    code: "WIRE_INVALID_ID",
    message: "A 32-byte hex id was expected.",
    facts: { expected: what, received: value },
    fix: "Give 0x followed by 64 hex digits.",
    actor: "user",
    retry: "never",
  });
}

/** @throws HeraldError WIRE_INVALID_ID */
export function parseRequestId(value: unknown): RequestId {
  return parseHash(value, "RequestId");
}

/** @throws HeraldError WIRE_INVALID_ID */
export function parseMessageId(value: unknown): MessageId {
  return parseHash(value, "MessageId");
}

/** @throws HeraldError WIRE_INVALID_ID */
export function parseModelId(value: unknown): ModelId {
  return parseHash(value, "ModelId");
}

/** @throws HeraldError WIRE_INVALID_ID */
export function parseChainId(value: unknown): ChainId {
  // CAST: branded after the check.
  if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return value as ChainId;
  throw new HeraldError({
    code: "WIRE_INVALID_ID",
    message: "An EVM chain id was expected.",
    facts: { received: value },
    fix: "Give a positive integer.",
    actor: "user",
    retry: "never",
  });
}

/** @throws HeraldError WIRE_INVALID_ID */
export function parseDomain(value: unknown): Domain {
  // CAST: branded after the check.
  if (typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 0xffff_ffff) return value as Domain;
  throw new HeraldError({
    code: "WIRE_INVALID_ID",
    message: "A Hyperlane domain was expected.",
    facts: { received: value },
    fix: "Give an integer from 1 to 4294967295.",
    actor: "user",
    retry: "never",
  });
}

/**
 * Checksummed address from untrusted text.
 * @throws HeraldError WIRE_INVALID_ADDRESS
 */
export function parseAddress(value: unknown): Address {
  if (typeof value === "string" && isAddress(value, { strict: false })) return getAddress(value);
  throw new HeraldError({
    code: "WIRE_INVALID_ADDRESS",
    message: "An EVM address was expected.",
    facts: { received: value },
    fix: "Give 0x followed by 40 hex digits.",
    actor: "user",
    retry: "never",
  });
}

/** The workflow id of a request: derived, so that a duplicate start is refused. */
export function workflowIdOf(id: RequestId): string {
  return `inference/${id}`;
}
