/** A stretch of time, Unix milliseconds. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** Length of the union of intervals, cut to `within`: overlapping waits count once. */
export function unionLength(intervals: readonly Interval[], within: Interval): number {
  const sorted = intervals
    .map(({ from, to }) => ({ from: Math.max(from, within.from), to: Math.min(to, within.to) }))
    .filter(({ from, to }) => to > from)
    .sort((a, b) => a.from - b.from);
  let length = 0;
  let reached = Number.NEGATIVE_INFINITY;
  for (const { from, to } of sorted) {
    length += Math.max(0, to - Math.max(from, reached));
    reached = Math.max(reached, to);
  }
  return length;
}

/** The value at quantile `q` (nearest rank); 0 of nothing. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;
}
