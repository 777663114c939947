/**
 * How bad: forged results or lost money are possible; results cannot come; somebody still has to do something; or nothing is wrong, but
 * somebody should know.
 */
export type Severity = "critical" | "serious" | "pending" | "note";

/** One thing that is not as it should be. */
export interface Finding {
  readonly severity: Severity;
  /** Never renamed. */
  readonly code: string;
  /** Name of the chain, or `plan`. */
  readonly chain: string;
  /** One sentence, with the values. */
  readonly what: string;
  /** What to do about it. */
  readonly fix: string;
}

/** The findings as text, the worst first. */
export function formatFindings(findings: readonly Finding[]): string {
  const order: readonly Severity[] = ["critical", "serious", "pending", "note"];
  const sorted = [...findings].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  return sorted
    .map(
      ({ severity, code, chain, what, fix }) =>
        `${severity.padEnd(8)}  ${chain}: ${what} (${code})\n          Fix: ${fix}`,
    )
    .join("\n");
}
