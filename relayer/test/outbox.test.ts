import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { silentLog } from "@herald/wire/log";
import { Wake } from "@herald/wire/wake";
import type { Effect } from "@herald/workflows/effects/outbox";
import { type EffectWriter, runWriter } from "@herald/workflows/effects/writerLoop";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openStore, type Store } from "../src/store/openStore.js";
import { SqlOutbox } from "../src/store/sqlOutbox.js";

let folder: string;
let store: Store;
let outbox: SqlOutbox;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "herald-outbox-"));
  store = await openStore(join(folder, "relayer.sqlite"));
  outbox = new SqlOutbox(store);
});

afterEach(async () => {
  await store.destroy();
  rmSync(folder, { recursive: true });
});

/** Writers act for final requests only. */
async function makeFinal(...requestIds: readonly string[]): Promise<void> {
  const row = { chain: "base", seq: 1, requester: "0x", terms: "{}", input: "0x", context: "0x", origin_tx: "0x" };
  const place = { block_number: 1, block_hash: "0x", observed_at: 1, final_at: 1 };
  await store
    .insertInto("requests")
    .values(requestIds.map((id) => ({ id, ...row, ...place })))
    .execute();
}

const effect = (requestId: string): Effect => ({
  kind: "result",
  lane: "base",
  requestId,
  attempt: 1,
  payload: { n: requestId },
});

describe("the outbox", () => {
  test("an effect entered twice is one row, and the later token is the one told", async () => {
    expect(await outbox.enter(effect("0x1"), "first")).toBeNull();
    expect(await outbox.enter(effect("0x1"), "second")).toBeNull();
    expect(await outbox.waiting("result", "base", 10)).toEqual([]);
    await makeFinal("0x1");
    expect(await outbox.waiting("result", "base", 10)).toHaveLength(1);
    const batch = await outbox.openBatch("result", "base", "b1", [effect("0x1")]);
    await outbox.closeBatch(batch.id, [{ key: effect("0x1"), reference: { tx: "0xabc" } }]);
    expect(await outbox.completions(10)).toEqual([
      { key: { kind: "result", requestId: "0x1", attempt: 1 }, taskToken: "second", reference: { tx: "0xabc" } },
    ]);
  });

  test("an activity that comes back after the effect is done gets its reference, and nobody is told twice", async () => {
    await outbox.enter(effect("0x1"), "first");
    await outbox.openBatch("result", "base", "b1", [effect("0x1")]);
    await outbox.closeBatch("b1", [{ key: effect("0x1"), reference: { tx: "0xabc" } }]);
    expect(await outbox.enter(effect("0x1"), "again")).toEqual({ reference: { tx: "0xabc" } });
    expect(await outbox.completions(10)).toEqual([]);
  });

  test("an effect is in one batch only", async () => {
    await outbox.enter(effect("0x1"), "t");
    await outbox.openBatch("result", "base", "b1", [effect("0x1")]);
    await expect(outbox.openBatch("result", "base", "b2", [effect("0x1")])).rejects.toMatchObject({
      code: "OUTBOX_EFFECT_TAKEN",
    });
    expect(await outbox.openBatches("result", "base")).toHaveLength(1);
    expect(await outbox.waiting("result", "base", 10)).toEqual([]);
  });

  test("lanes and kinds do not see each other's effects", async () => {
    await outbox.enter(effect("0x1"), "t");
    expect(await outbox.waiting("result", "arbitrum", 10)).toEqual([]);
    expect(await outbox.waiting("delivery", "base", 10)).toEqual([]);
  });
});

describe("a writer", () => {
  /** A writer over an outside that counts what it did per idempotency key, as the transaction sender does. */
  function countingWriter(landed: Map<string, number>, fault: (step: "before" | "after") => void): EffectWriter {
    return {
      kind: "result",
      lane: "base",
      group: (effects) => (effects.length === 0 ? [] : [effects.slice(0, 3)]),
      async act(batch) {
        fault("before");
        await delay(1);
        if (!landed.has(batch.id)) landed.set(batch.id, batch.effects.length);
        fault("after");
        return batch.effects.map((key) => ({ key, reference: { batch: batch.id } }));
      },
    };
  }

  async function runUntil(done: () => Promise<boolean>, writer: EffectWriter): Promise<void> {
    const over = outbox;
    const stop = new AbortController();
    const running = runWriter({
      writer,
      outbox: over,
      wake: new Wake(),
      log: silentLog,
      onFinished: () => undefined,
      signal: stop.signal,
    });
    for (const give = Date.now() + 60_000; !(await done()) && Date.now() < give; ) await delay(10);
    stop.abort();
    await running;
  }

  test.each(Array.from({ length: 8 }, (_, seed) => seed))(
    "seed %i: faults and restarts lose nothing and act once per batch",
    async (seed) => {
      const ids = Array.from({ length: 10 }, (_, i) => `0x${seed}${i}`);
      await makeFinal(...ids);
      for (const id of ids) await outbox.enter(effect(id), `token-${id}`);
      const landed = new Map<string, number>();
      let draws = seed * 7 + 1;
      const sometimes = (): void => {
        draws = (draws * 1103515245 + 12345) % 2147483648;
        if (draws % 3 === 0) throw new Error("injected");
      };
      await runUntil(async () => landed.size >= 2, countingWriter(landed, sometimes));
      // A restart: another process over the same file.
      await store.destroy();
      store = await openStore(join(folder, "relayer.sqlite"));
      outbox = new SqlOutbox(store);
      await runUntil(
        async () => (await outbox.completions(100)).length === ids.length,
        countingWriter(landed, () => undefined),
      );
      const done = await outbox.completions(100);
      expect(done.map((it) => it.key.requestId).sort()).toEqual([...ids].sort());
      expect([...landed.values()].reduce((sum, n) => sum + n, 0)).toBe(ids.length);
      expect(await outbox.openBatches("result", "base")).toEqual([]);
    },
  );

  test("a batch that fails says why, and does not hold back the next", async () => {
    await makeFinal("0xbad", "0xgood");
    await outbox.enter(effect("0xbad"), "t1");
    await delay(2);
    await outbox.enter(effect("0xgood"), "t2");
    const writer: EffectWriter = {
      kind: "result",
      lane: "base",
      group: (effects) => effects.map((it) => [it]),
      act: (batch) =>
        batch.effects[0]?.requestId === "0xbad"
          ? Promise.reject(new Error("the outside is away"))
          : Promise.resolve(batch.effects.map((key) => ({ key, reference: null }))),
    };
    const explained = async () =>
      (
        await store
          .selectFrom("effects")
          .select("explanation")
          .where("request_id", "=", "0xbad")
          .executeTakeFirstOrThrow()
      ).explanation;
    await runUntil(async () => (await outbox.completions(10)).length > 0 && (await explained()) !== null, writer);
    expect((await outbox.completions(10)).map((it) => it.key.requestId)).toEqual(["0xgood"]);
    expect(JSON.parse((await explained()) ?? "")).toMatchObject({
      reason: "Error: the outside is away",
      actor: "bug",
      nextAttemptAt: expect.any(Number),
    });
  });

  test("is woken by an effect that arrives, without waiting for its next look", async () => {
    /** Sleeps until it is woken: the writer's next look of its own never comes. */
    class Unhurried extends Wake {
      override sleep(_ms: number, signal: AbortSignal) {
        return super.sleep(3_600_000, signal);
      }
    }
    const wake = new Unhurried();
    outbox = new SqlOutbox(store, () => wake.wake());
    const acted: string[] = [];
    const stop = new AbortController();
    const running = runWriter({
      writer: {
        kind: "refund",
        lane: "base",
        group: (effects) => effects.map((it) => [it]),
        act: async (batch) => {
          acted.push(batch.id);
          return batch.effects.map((key) => ({ key, reference: null }));
        },
      },
      outbox,
      wake,
      log: silentLog,
      onFinished: () => undefined,
      signal: stop.signal,
    });
    for (let n = 0; n < 5; n++) {
      await delay(30);
      await outbox.enter({ ...effect(`0x${n}`), kind: "refund" }, "t");
      for (const give = Date.now() + 20_000; acted.length <= n && Date.now() < give; ) await delay(5);
      expect(acted).toHaveLength(n + 1);
    }
    stop.abort();
    await running;
  });
});
