import { expect, test } from "vitest";
import { dueInterval } from "../src/infernet/dueInterval.js";

const NEVER = 2 ** 32 - 1;

test.each([
  ["a callback, from the moment it is active on", { activeAt: 100, period: 0, frequency: 1 }, 100, 1],
  ["a callback, however late", { activeAt: 100, period: 0, frequency: 1 }, 1_000_000, 1],
  ["one that begins later", { activeAt: 100, period: 60, frequency: 3 }, 99, "later"],
  ["the first interval", { activeAt: 100, period: 60, frequency: 3 }, 100, 1],
  ["the second", { activeAt: 100, period: 60, frequency: 3 }, 160, 2],
  ["one that ends before a transaction lands", { activeAt: 100, period: 60, frequency: 3 }, 131, "later"],
  ["a long one, up to half a minute before its end", { activeAt: 0, period: 3_600, frequency: 3 }, 3_570, 1],
  ["the last", { activeAt: 100, period: 60, frequency: 3 }, 220, 3],
  ["after the last", { activeAt: 100, period: 60, frequency: 3 }, 280, "over"],
  ["a cancelled one", { activeAt: NEVER, period: 60, frequency: 3 }, 100, "over"],
  ["one of no intervals", { activeAt: 100, period: 60, frequency: 0 }, 100, "over"],
] as const)("%s", (_what, schedule, now, due) => {
  expect(dueInterval(schedule, now)).toBe(due);
});
