import { describe, expect, test } from "vitest";
import { FairQueue } from "../src/worker/fairQueue.js";

const never = new AbortController().signal;

/** Tasks that end when told to, and the order in which they began. */
function tasks(queue: FairQueue) {
  const started: string[] = [];
  const release = new Map<string, () => void>();
  const run = (name: string, lane: string, signal = never) =>
    queue.run(lane, signal, async () => {
      started.push(name);
      await new Promise<void>((resolve) => release.set(name, resolve));
      return name;
    });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const finish = async (name: string) => {
    release.get(name)?.();
    await settle();
  };
  return { started, run, finish };
}

describe("turns", () => {
  test("one runs at a time, and lanes alternate whatever their length", async () => {
    const { started, run, finish } = tasks(new FairQueue(10));
    const all = [run("a1", "a"), run("a2", "a"), run("a3", "a"), run("b1", "b"), run("c1", "c"), run("b2", "b")];
    expect(started).toEqual(["a1"]);
    for (const name of ["a1", "a2", "b1", "c1", "a3", "b2"]) await finish(name);
    expect(started).toEqual(["a1", "a2", "b1", "c1", "a3", "b2"]);
    expect(await Promise.all(all)).toEqual(["a1", "a2", "a3", "b1", "c1", "b2"]);
  });

  test("a failed task does not stop the next", async () => {
    const queue = new FairQueue(10);
    const bad = queue.run("a", never, () => Promise.reject(new Error("bad")));
    const good = queue.run("a", never, async () => "good");
    await expect(bad).rejects.toThrow("bad");
    expect(await good).toBe("good");
    expect(await queue.run("a", never, async () => "later")).toBe("later");
  });
});

describe("limits", () => {
  test("a full queue says when to come back, and has room again later", async () => {
    const queue = new FairQueue(2);
    const { run, finish } = tasks(queue);
    const running = run("1", "a");
    const waiting = [run("2", "a"), run("3", "b")];
    await expect(run("4", "c")).rejects.toMatchObject({
      code: "WORKER_BUSY",
      facts: { waiting: 2, limit: 2 },
      retry: { afterMs: expect.any(Number) },
    });
    await finish("1");
    const late = run("4", "c");
    for (const name of ["2", "3", "4"]) await finish(name);
    expect(await Promise.all([running, ...waiting, late])).toEqual(["1", "2", "3", "4"]);
    expect(queue.waiting).toBe(0);
  });

  test("what is called off while it waits never starts and gives its place back", async () => {
    const queue = new FairQueue(1);
    const { started, run, finish } = tasks(queue);
    const controller = new AbortController();
    const first = run("1", "a");
    const second = run("2", "b", controller.signal);
    controller.abort(new Error("gone"));
    await expect(second).rejects.toThrow("gone");
    const third = run("3", "b");
    await finish("1");
    await finish("3");
    await Promise.all([first, third]);
    expect(started).toEqual(["1", "3"]);
    await expect(run("4", "a", AbortSignal.abort(new Error("too late")))).rejects.toThrow("too late");
  });

  test("stopping turns away what waits and waits for what runs", async () => {
    const queue = new FairQueue(10);
    const { run, finish } = tasks(queue);
    const running = run("1", "a");
    const waiting = [run("2", "a"), run("3", "b")];
    queue.refuseAll(new Error("stopping"));
    for (const one of waiting) await expect(one).rejects.toThrow("stopping");
    let idle = false;
    const done = queue.idle().then(() => {
      idle = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(idle).toBe(false);
    await finish("1");
    await done;
    expect(await running).toBe("1");
  });
});
