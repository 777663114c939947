import { formatFact, type HeraldError, isHeraldError } from "@herald/wire/errors";
import type { Problem } from "./health.js";

/** What goes before a provider's name in the facts of a quorum's error. */
const PROVIDER = "provider ";

/** An error as a part's problem. Libraries wrap our errors in theirs; the one that names the cause is told. */
export function problemOf(error: unknown, nextAttemptAt: number | null = null): Problem {
  const known = innermost(error);
  if (known === undefined) {
    const reason = error instanceof Error ? error.message : String(error);
    return { reason, actor: "upstream", code: null, fix: null, nextAttemptAt };
  }
  const { code, actor, fix = null } = known;
  return { reason: reasonOf(known), actor, code, fix, nextAttemptAt };
}

function innermost(error: unknown): HeraldError | undefined {
  for (let it = error; it instanceof Error; it = it.cause) if (isHeraldError(it)) return it;
  return undefined;
}

function reasonOf({ message, facts }: HeraldError): string {
  const providers = Object.entries(facts).filter(([name]) => name.startsWith(PROVIDER));
  if (providers.length === 0) {
    const all = Object.entries(facts).map(([name, value]) => `${name} ${formatFact(value)}`);
    return all.length === 0 ? message : `${message} (${all.join(", ")})`;
  }
  const words = providers.map(([name, said]) => ({ name: name.slice(PROVIDER.length), said: formatFact(said) }));
  const answered = words.filter(({ said }) => !said.startsWith("no answer") && !said.startsWith("serves chain"));
  const count = `${answered.length} of ${words.length} answered ${formatFact(facts.method)}, ${formatFact(facts.quorum)} are needed`;
  return `${message} ${count}. ${words.map(({ name, said }) => `${name}: ${said}`).join("; ")}`;
}
