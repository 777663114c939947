import type { MatchingElement } from "@herald/chains/hyperlane/matchingList";
import { z } from "zod";

const FORMS = {
  domain: "a Hyperlane domain, from 0 to 4294967295",
  address: "an address: 0x and 40 hex digits, or 64",
  id: "a request id: 0x and 64 hex digits",
};

/** `*`, one value or a list of values. Each value that does not fit is a problem of its own, named by its path. */
function oneOrMore<Value extends number | string>(form: string, fitsForm: (value: unknown) => boolean) {
  return z
    .custom<Value | readonly Value[]>()
    .check(({ value, issues }) => {
      const list: readonly unknown[] = Array.isArray(value) ? value : [value];
      const report = (path: readonly number[], message: string): void => {
        issues.push({ code: "custom", path: [...path], message, input: value });
      };
      if (list.length === 0) report([], "expected at least one value; an empty list matches nothing");
      for (const [at, it] of list.entries()) {
        if (it !== "*" && !fitsForm(it)) report(Array.isArray(value) ? [at] : [], `expected ${form}, or "*"`);
      }
    })
    .meta({ form: `"*", ${form}, or a list of such` });
}

const domain = oneOrMore<number | string>(FORMS.domain, (value) => {
  const isDecimal = typeof value === "string" && /^\d{1,10}$/.test(value);
  const number = isDecimal ? Number(value) : value;
  return Number.isInteger(number) && Number(number) >= 0 && Number(number) <= 0xffff_ffff;
});
const address = oneOrMore<string>(
  FORMS.address,
  (value) => typeof value === "string" && /^(0x)?([0-9a-f]{40}|[0-9a-f]{64})$/i.test(value),
);
const requestId = oneOrMore<string>(
  FORMS.id,
  (value) => typeof value === "string" && /^(0x)?[0-9a-f]{64}$/i.test(value),
);

const bodyRegex = z
  .custom<string>()
  .check(({ value, issues }) => {
    const problem = regexProblem(value);
    if (problem !== undefined) issues.push({ code: "custom", message: problem, input: value });
  })
  .meta({ form: "a regular expression of JavaScript" });

function regexProblem(value: unknown): string | undefined {
  if (typeof value !== "string") return "expected a regular expression as text";
  try {
    new RegExp(value);
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `expected a regular expression of JavaScript: ${why}`;
  }
}

const element = z.strictObject({
  messageId: requestId.exactOptional().describe("The request's id."),
  originDomain: domain.exactOptional().describe("Domain of the chain it was made on."),
  destinationDomain: domain.exactOptional().describe("Domain of the hub it is answered on, the same for all requests."),
  senderAddress: address.exactOptional().describe("Who asked: the requester, whose fees pay for it."),
  recipientAddress: address.exactOptional().describe("Who is called back: the consumer."),
  bodyRegex: bodyRegex
    .exactOptional()
    .describe("Is searched in the input as lower-case hex without 0x; strangers write that input."),
}) satisfies z.ZodType<MatchingElement>;

/**
 * The file that `filters` names: which requests are served, in the spelling of Hyperlane's matching lists. There an empty whitelist takes
 * everything; here it is refused, as whoever empties one may have meant the opposite.
 */
export const routeFiltersSchema = z.strictObject({
  whitelist: z
    .array(element)
    .min(1, "expected at least one element; leave the key out to serve all that the blacklist lets through")
    .exactOptional()
    .describe("A request is served only if an element matches it; all keys of the element have to."),
  blacklist: z
    .array(element)
    .exactOptional()
    .describe("A request that an element matches is not served, whatever the whitelist says."),
});

export type RouteFilters = z.infer<typeof routeFiltersSchema>;
