/** What decides when a subscription may be asked; times in Unix seconds. */
export interface Schedule {
  /** When interval 1 begins; 2^32 - 1 once it was cancelled. */
  readonly activeAt: number;
  /** Seconds of an interval; 0 = one interval without an end. */
  readonly period: number;
  /** Number of the last interval. */
  readonly frequency: number;
}

/** A cancelled subscription's `activeAt`. */
const NEVER = 2 ** 32 - 1;
/** What a transaction may take to land. An interval that ends sooner is left alone: the coordinator would refuse it. */
const LANDING_SECONDS = 30;

/** The interval that may be asked at `now`; `later` if none is yet, `over` if none will be any more. */
export function dueInterval({ activeAt, period, frequency }: Schedule, now: number): number | "later" | "over" {
  if (activeAt === NEVER || frequency === 0) return "over";
  if (now < activeAt) return "later";
  if (period === 0) return 1;
  const interval = Math.floor((now - activeAt) / period) + 1;
  if (interval > frequency) return "over";
  const left = activeAt + interval * period - now;
  // Short intervals have only their first half.
  return left >= Math.min(LANDING_SECONDS, period / 2) ? interval : "later";
}
