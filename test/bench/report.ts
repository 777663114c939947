import { quantile } from "./intervals.js";

/** Milliseconds, whole. */
export function spread(values: readonly number[]): { readonly p50: number; readonly p95: number } {
  return { p50: Math.round(quantile(values, 0.5)), p95: Math.round(quantile(values, 0.95)) };
}

/** A line for each figure. */
export function report(result: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(result)) {
    process.stdout.write(`${name.padEnd(14)} ${typeof value === "object" ? JSON.stringify(value) : String(value)}\n`);
  }
}
