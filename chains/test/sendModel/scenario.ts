import fc from "fast-check";

/** What happens to the sender, and when, in milliseconds from the beginning. */
export type Trouble = { readonly at: number } & (
  | { readonly what: "drop"; readonly which: number }
  | { readonly what: "reorganise"; readonly depth: number; readonly fate: "waits" | "lost" | "robbed" }
  | { readonly what: "stranger"; readonly dear: boolean }
  | { readonly what: "fees"; readonly times: number; readonly ms: number }
  | { readonly what: "lie"; readonly by: number; readonly ms: number }
  | { readonly what: "noReceipts" | "failing" | "deaf" | "late" | "refuses"; readonly ms: number }
  | { readonly what: "storeFails"; readonly written: boolean; readonly ms: number }
  | { readonly what: "blink" }
  | { readonly what: "reverts"; readonly count: number }
  /** A process dies at the so manieth boundary it crosses from then on. */
  | { readonly what: "kill"; readonly process: number; readonly crossing: number; readonly downMs: number }
  /** A process stands still at the so manieth boundary, and goes on later as if nothing had been. */
  | { readonly what: "pause"; readonly process: number; readonly crossing: number; readonly ms: number }
);

export interface Scenario {
  /** How many processes share key and store; each asks for everything. */
  readonly processes: number;
  /** When each transaction is asked for. */
  readonly asked: readonly number[];
  readonly troubles: readonly Trouble[];
  /** Of delays and of what is left to chance. */
  readonly dice: number;
}

/** When the last trouble begins at the latest. */
export const TROUBLED_MS = 20_000;

const at = fc.nat({ max: TROUBLED_MS });
const ms = fc.integer({ min: 100, max: 8_000 });
const trouble: fc.Arbitrary<Trouble> = fc.oneof(
  fc.record({ at, what: fc.constant("drop" as const), which: fc.nat({ max: 5 }) }),
  fc.record({
    at,
    what: fc.constant("reorganise" as const),
    depth: fc.integer({ min: 1, max: 6 }),
    fate: fc.constantFrom("waits" as const, "lost" as const, "robbed" as const),
  }),
  fc.record({ at, what: fc.constant("stranger" as const), dear: fc.boolean() }),
  fc.record({ at, what: fc.constant("fees" as const), times: fc.integer({ min: 2, max: 20 }), ms }),
  fc.record({ at, what: fc.constant("lie" as const), by: fc.integer({ min: -4, max: 4 }), ms }),
  fc.record({
    at,
    what: fc.constantFrom<"noReceipts" | "failing" | "deaf" | "late" | "refuses">(
      "noReceipts",
      "failing",
      "deaf",
      "late",
      "refuses",
    ),
    ms,
  }),
  fc.record({ at, what: fc.constant("storeFails" as const), written: fc.boolean(), ms }),
  fc.record({ at, what: fc.constant("blink" as const) }),
  fc.record({ at, what: fc.constant("reverts" as const), count: fc.integer({ min: 1, max: 2 }) }),
  fc.record({
    at,
    what: fc.constant("kill" as const),
    process: fc.nat({ max: 1 }),
    crossing: fc.integer({ min: 1, max: 60 }),
    downMs: fc.nat({ max: 5_000 }),
  }),
  fc.record({
    at,
    what: fc.constant("pause" as const),
    process: fc.nat({ max: 1 }),
    crossing: fc.integer({ min: 1, max: 60 }),
    ms: fc.integer({ min: 100, max: 12_000 }),
  }),
);

export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  processes: fc.integer({ min: 1, max: 2 }),
  asked: fc.array(fc.nat({ max: TROUBLED_MS }), { minLength: 1, maxLength: 6 }),
  troubles: fc.array(trouble, { maxLength: 10 }),
  dice: fc.nat(),
});
