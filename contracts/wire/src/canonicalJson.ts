import canonicalize from "canonicalize";
import { HeraldError } from "./errors.js";

/** A value that JSON can carry without loss; integers beyond 2^53 travel as decimal strings. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * RFC 8785 canonical JSON: sorted keys, no white space, shortest numbers. Equal values give equal bytes.
 * @throws HeraldError WIRE_NOT_JSON for a value JSON cannot carry
 */
export function canonicalJson(value: Json): string {
  const text = (canonicalize as unknown as (input: unknown) => string | undefined)(value); // CAST: the package's types name a CommonJS default.
  if (text === undefined) {
    throw new HeraldError({
      code: "WIRE_NOT_JSON",
      message: "The value has no canonical JSON form.",
      facts: { type: typeof value },
      actor: "bug",
      retry: "never",
    });
  }
  return text;
}
