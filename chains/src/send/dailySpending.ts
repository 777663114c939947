import { HeraldError } from "@herald/wire/errors";
import type { LaneParameters } from "./laneParameters.js";
import type { TransactionRecord } from "./transactionStore.js";

const DAY_MS = 86_400_000;
/** Asked again at least this often, as an operator may have raised the limit. */
const MOST_PATIENCE_MS = 60_000;

/**
 * What one key may burn on one chain in one UTC day. Counted per id and nonce: the worst case from its signature on, what it did burn
 * once it landed. The store keeps the counts, so that a restart forgets none.
 */
export class DailySpending {
  readonly #p: LaneParameters;
  #day = "";
  #spent = new Map<string, bigint>();

  constructor(parameters: LaneParameters) {
    this.#p = parameters;
  }

  async load(): Promise<void> {
    const { chain, account, store, clock, limits } = this.#p;
    if (limits.maxPerDay === undefined) return;
    const day = dayOf(clock.now());
    const spent = await store.spentOn(chain, account.address, day);
    this.#day = day;
    this.#spent = new Map(spent.map((it) => [keyOf(it), BigInt(it.cost)]));
  }

  /** Counts a record just saved. */
  note(record: TransactionRecord): void {
    this.#turnTo(dayOf(this.#p.clock.now()));
    if (spendingDay(record) === this.#day) this.#spent.set(keyOf(record), BigInt(record.cost));
  }

  /**
   * @throws HeraldError SEND_DAILY_CAP if `cost` more would be too much; `instead` is what is counted in its place so far
   */
  check(id: string, cost: bigint, instead = 0n): void {
    const { chain, account, clock, limits } = this.#p;
    const limit = limits.maxPerDay;
    if (limit === undefined) return;
    const now = clock.now();
    this.#turnTo(dayOf(now));
    const spent = [...this.#spent.values()].reduce((sum, it) => sum + it, 0n);
    if (spent - instead + cost <= limit) return;
    throw new HeraldError({
      code: "SEND_DAILY_CAP",
      message: "What this key may spend on this chain in a day is used up.",
      facts: { chain, sender: account.address, id, day: this.#day, spent, cost, limit },
      fix: "Raise maxPerDay if the spending is meant to be, or wait for the next UTC day.",
      actor: "operator",
      retry: { afterMs: Math.min(DAY_MS - (now % DAY_MS), MOST_PATIENCE_MS) },
    });
  }

  #turnTo(day: string): void {
    if (this.#day === day) return;
    this.#day = day;
    this.#spent = new Map();
  }
}

function keyOf({ id, nonce }: { readonly id: string; readonly nonce: number }): string {
  return `${nonce}/${id}`;
}

/** The UTC day a record's cost counts against: that of its first signature. */
export function spendingDay(record: TransactionRecord): string {
  return dayOf(record.attempts[0]?.signedAt ?? 0);
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
