import { formatFact, isHeraldError } from "@herald/wire/errors";

/**
 * Everything nodes said in an error and its causes, as one text to match against. viem puts a node's own words into `details`; what it adds
 * itself (request bodies, URLs) is left out, so that calldata cannot look like an error.
 */
export function errorText(error: unknown): string {
  const parts: string[] = [];
  for (const part of causes(error)) {
    if ("details" in part && typeof part.details === "string") parts.push(part.details);
    else if (isHeraldError(part)) parts.push(part.message, ...Object.values(part.facts).map(formatFact));
    else if (!("shortMessage" in part)) parts.push(part.message);
  }
  return parts.join("\n");
}

/** An error and its causes, outermost first. Causes may also be collected in `errors`, as AggregateError does. */
export function* causes(error: unknown, depth = 0): Generator<Error> {
  if (!(error instanceof Error) || depth > 12) return;
  yield error;
  yield* causes(error.cause, depth + 1);
  if ("errors" in error && Array.isArray(error.errors)) {
    for (const inner of error.errors) yield* causes(inner, depth + 1);
  }
}
