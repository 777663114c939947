import { HeraldError } from "@herald/wire/errors";
import { bytesToHex, type Hex, hexToBytes, isHex } from "viem";

declare const brand: unique symbol;
/** A Celestia namespace blobs may use: 29 bytes, version 0, ten free bytes at the end; lower-case hex. */
export type Namespace = Hex & { readonly [brand]: "Namespace" };

/** Length of a namespace: one byte of version, 28 of id. */
export const NAMESPACE_LENGTH = 29;
/** Bytes of a namespace that are free in version 0. */
export const SUB_ID_LENGTH = 10;
/** Namespace of the erasure-coded half of a row: 29 × 0xff. */
export const PARITY_NAMESPACE: Uint8Array = new Uint8Array(NAMESPACE_LENGTH).fill(0xff);

/**
 * Namespace from untrusted text: 29 bytes of hex.
 * @throws HeraldError DA_INVALID_NAMESPACE if it is not one that blobs may use (reserved, or of another version)
 */
export function parseNamespace(value: unknown): Namespace {
  if (typeof value === "string" && isHex(value) && value.length === 2 + 2 * NAMESPACE_LENGTH) {
    const hex = value.toLowerCase();
    const fixed = 2 + 2 * (NAMESPACE_LENGTH - SUB_ID_LENGTH);
    // Reserved ids are nine zero bytes and one byte of any value.
    const reserved = /^0{18}/.test(hex.slice(fixed));
    // CAST: the brand is put on here, after the check, and nowhere else.
    if (/^0x0+$/.test(hex.slice(0, fixed)) && !reserved) return hex as Namespace;
  }
  throw new HeraldError({
    code: "DA_INVALID_NAMESPACE",
    message: "The value is not a namespace that blobs may use.",
    facts: { received: value },
    fix: "Give version 0, 18 zero bytes and ten bytes of which the first nine are not all zero.",
    actor: "user",
    retry: "never",
  });
}

/**
 * Namespace from up to ten free bytes (hex, or UTF-8 text), padded with zeros on the left.
 * @throws HeraldError DA_INVALID_NAMESPACE for more than ten bytes or a reserved id
 */
export function namespaceOf(subId: string): Namespace {
  const bytes = isHex(subId) && subId.length % 2 === 0 ? hexToBytes(subId) : new TextEncoder().encode(subId);
  if (bytes.length > SUB_ID_LENGTH) return parseNamespace(subId);
  const namespace = new Uint8Array(NAMESPACE_LENGTH);
  namespace.set(bytes, NAMESPACE_LENGTH - bytes.length);
  return parseNamespace(bytesToHex(namespace));
}
