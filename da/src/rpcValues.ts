import { z } from "zod";

/**
 * A non-negative integer as celestia-node writes it: a number, a decimal string, or absent for 0. Which of them changed between
 * versions and differs between objects of one answer.
 */
export const rpcInteger = z
  .union([z.number().int().nonnegative(), z.string().regex(/^\d{1,19}$/)])
  .optional()
  .transform((value) => BigInt(value ?? 0));

/** A small integer (an index, a count): at most 2^31. */
export const rpcIndex = rpcInteger.pipe(z.bigint().max(2n ** 31n)).transform(Number);

/** `length` bytes as celestia-node writes them: hex of exactly that length, or padded base64. */
export function rpcBytes(length: number) {
  return z.string().transform((text, context): Uint8Array => {
    if (text.length === 2 * length && /^[0-9a-fA-F]*$/.test(text)) return new Uint8Array(Buffer.from(text, "hex"));
    const bytes = decodeBase64(text);
    if (bytes?.length === length) return bytes;
    context.addIssue({ code: "custom", message: `not ${length} bytes of hex or base64` });
    return z.NEVER;
  });
}

/** Bytes of any length, padded base64. */
export const rpcBase64 = z.string().transform((text, context): Uint8Array => {
  const bytes = decodeBase64(text);
  if (bytes !== undefined) return bytes;
  context.addIssue({ code: "custom", message: "not base64" });
  return z.NEVER;
});

/** A list that may be null or absent when it is empty. */
export function rpcList<Item extends z.ZodType>(item: Item) {
  return z
    .array(item)
    .nullish()
    .transform((list) => list ?? []);
}

// Buffer skips what is not base64: only text that it would write itself is taken.
function decodeBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? new Uint8Array(bytes) : undefined;
}
