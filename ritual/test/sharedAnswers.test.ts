import { expect, test } from "vitest";
import { SharedAnswers } from "../src/worker/sharedAnswers.js";

const never = new AbortController().signal;

/** A computation that a test ends, and how often it began. */
function computation() {
  const signals: AbortSignal[] = [];
  const ends: { resolve: (value: string) => void; reject: (reason: unknown) => void }[] = [];
  const compute = (signal: AbortSignal) =>
    new Promise<string>((resolve, reject) => {
      signals.push(signal);
      ends.push({ resolve, reject });
    });
  return { compute, signals, ends };
}

test("equal calls at the same time share one computation, later ones its result", async () => {
  const shared = new SharedAnswers<string>(10);
  const { compute, ends } = computation();
  const both = [shared.get("k", never, compute), shared.get("k", never, compute)];
  ends[0]?.resolve("one");
  expect(await Promise.all(both)).toEqual(["one", "one"]);
  expect(await shared.get("k", never, compute)).toBe("one");
  expect(ends).toHaveLength(1);
});

test("a failure reaches every caller and is not kept", async () => {
  const shared = new SharedAnswers<string>(10);
  const { compute, ends } = computation();
  const both = [shared.get("k", never, compute), shared.get("k", never, compute)];
  ends[0]?.reject(new Error("bad"));
  for (const one of both) await expect(one).rejects.toThrow("bad");
  const again = shared.get("k", never, compute);
  ends[1]?.resolve("good");
  expect(await again).toBe("good");
});

test("one caller's leaving does not disturb the others; the last one's ends the work", async () => {
  const shared = new SharedAnswers<string>(10);
  const { compute, signals, ends } = computation();
  const [a, b] = [new AbortController(), new AbortController()];
  const first = shared.get("k", a.signal, compute);
  const second = shared.get("k", b.signal, compute);
  a.abort(new Error("a left"));
  await expect(first).rejects.toThrow("a left");
  expect(signals[0]?.aborted).toBe(false);
  b.abort(new Error("b left"));
  await expect(second).rejects.toThrow("b left");
  expect(signals[0]?.aborted).toBe(true);
  // A call that comes after that starts anew, and the old one's late end takes nothing away from it.
  const third = shared.get("k", never, compute);
  ends[0]?.reject(new Error("b left"));
  await new Promise((resolve) => setImmediate(resolve));
  const fourth = shared.get("k", never, compute);
  ends[1]?.resolve("fresh");
  expect(await Promise.all([third, fourth])).toEqual(["fresh", "fresh"]);
  expect(ends).toHaveLength(2);
});

test("the oldest result makes room", async () => {
  const shared = new SharedAnswers<string>(2);
  let computed = 0;
  const get = (key: string) => shared.get(key, never, async () => `${key}${++computed}`);
  await get("a");
  await get("b");
  expect(await get("a")).toBe("a1");
  await get("c");
  expect(await get("a")).toBe("a1");
  expect(await get("b")).toBe("b4");
});
