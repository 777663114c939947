import { describe, expect, test } from "vitest";
import { quantile, unionLength } from "./intervals.js";

describe("the union of waits", () => {
  const whole = { from: 0, to: 100 };

  test("counts overlapping waits once, nested ones not at all, and separate ones each", () => {
    expect(unionLength([], whole)).toBe(0);
    expect(
      unionLength(
        [
          { from: 10, to: 30 },
          { from: 20, to: 40 },
        ],
        whole,
      ),
    ).toBe(30);
    expect(
      unionLength(
        [
          { from: 10, to: 60 },
          { from: 20, to: 40 },
          { from: 70, to: 80 },
        ],
        whole,
      ),
    ).toBe(60);
  });

  test("is cut to the request's own time", () => {
    expect(
      unionLength(
        [
          { from: -50, to: 10 },
          { from: 95, to: 400 },
        ],
        whole,
      ),
    ).toBe(15);
    expect(
      unionLength(
        [
          { from: 200, to: 300 },
          { from: 30, to: 20 },
        ],
        whole,
      ),
    ).toBe(0);
  });
});

test("quantiles are nearest ranks", () => {
  expect(quantile([], 0.5)).toBe(0);
  expect(quantile([3, 1, 2], 0.5)).toBe(2);
  expect(quantile([1, 2, 3, 4], 0.95)).toBe(4);
});
