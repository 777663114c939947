import { concatHex, type Hex, numberToHex, size } from "viem";
import { ByteReader } from "./byteReader.js";
import { HeraldError } from "./errors.js";

/** First byte of every message body. */
export const BODY_VERSION = 1;
/** Second byte: what the body carries. Append-only. */
export const bodyTypes = { results: 1 } as const;
/** Most items one body can count. */
export const MAX_ITEMS = 0xffff;

/** Body of a result message: version 1 | type 1 | count 2 | count × (length 4 | item). The hub frames the same bytes. */
export function encodeResultsBody(items: readonly Hex[]): Hex {
  if (items.length === 0 || items.length > MAX_ITEMS) {
    throw new HeraldError({
      code: "WIRE_BATCH_SIZE",
      message: "A result message carries at least one item and at most 65535.",
      facts: { items: items.length },
      actor: "bug",
      retry: "never",
    });
  }
  return concatHex([
    numberToHex(BODY_VERSION, { size: 1 }),
    numberToHex(bodyTypes.results, { size: 1 }),
    numberToHex(items.length, { size: 2 }),
    ...items.flatMap((item) => [numberToHex(size(item), { size: 4 }), item]),
  ]);
}

/**
 * Items of a result message, undecoded: one malformed item must not hide the others.
 * @throws HeraldError WIRE_MALFORMED for a broken or an empty frame, WIRE_UNKNOWN_BODY for another version or type
 */
export function decodeResultsBody(body: Hex): Hex[] {
  const reader = new ByteReader(body, "message body");
  const version = reader.number(1);
  const type = reader.number(1);
  if (version !== BODY_VERSION || type !== bodyTypes.results) {
    throw new HeraldError({
      code: "WIRE_UNKNOWN_BODY",
      message: "The message body has a version or type this version does not know.",
      facts: { version, type },
      actor: "operator",
      fix: "Update Herald.",
      retry: "never",
    });
  }
  const count = reader.number(2);
  if (count === 0) reader.fail("no items");
  const items = Array.from({ length: count }, () => reader.prefixed());
  reader.end();
  return items;
}
