import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { startRogueWorker } from "./support/rogueWorker.js";
import { useHerald } from "./support/useHerald.js";
import { waitFor } from "./support/waitFor.js";

/** The policy's `minTtl` of ten, and time for a busy machine to get the request into a block; short enough to wait for. */
const DEADLINE_SECONDS = 25;

const scene = useHerald();

/** Restarts the relayer with other workers configured, as an operator would; gives back what undoes it. */
async function withWorkers(urls: readonly string[]): Promise<() => Promise<void>> {
  const file = scene().herald.info.files.relayer;
  const before = readFileSync(file, "utf8");
  const restart = async (text: string): Promise<void> => {
    writeFileSync(file, text);
    const pid = scene().herald.processes().relayer ?? 0;
    process.kill(pid, "SIGKILL");
    await waitFor("the relayer to be restarted", () => (scene().herald.processes().relayer === pid ? undefined : true));
    await waitFor("the relayer to answer", async () =>
      (await fetch(`${scene().herald.apiUrl()}/healthz`).catch(() => undefined))?.ok ? true : undefined,
    );
  };
  const config: { workers: { url: string }[] } = JSON.parse(before);
  config.workers = config.workers.map((worker, i) => ({ ...worker, url: urls[i % urls.length] ?? worker.url }));
  await restart(JSON.stringify(config));
  return () => restart(before);
}

async function isRefunded(chain: string, tx: `0x${string}`, id: `0x${string}`, before: bigint): Promise<void> {
  expect(await scene().user.settled(chain, id)).toMatchObject({ event: "RequestExpired" });
  const terms = await scene().user.terms(chain, tx);
  const total = terms.workerFee + terms.relayFee + terms.protocolFee;
  expect((await scene().user.credit(chain, scene().user.account.address)) - before).toBe(total);
  const view = await scene().user.says(id, "the flow to end", (it) => it.phase === "done");
  expect(view.outcome).toBe("expired");
  expect(scene().user.settlements(chain, id)).toHaveLength(1);
}

describe("workers that fail", () => {
  test("silent: the request waits, says so, and is refunded after its closing time", async () => {
    const workers = Object.entries(scene().herald.processes()).filter(([name]) => name.startsWith("worker"));
    expect(workers).toHaveLength(2);
    const before = await scene().user.credit("base", scene().user.account.address);
    for (const [, pid] of workers) process.kill(pid, "SIGSTOP");
    try {
      const { requestId, tx } = await scene().user.ask("base", "language-detection", "x = 1", DEADLINE_SECONDS);
      const waiting = await scene().user.says(
        requestId,
        "the inference to be waited for",
        (it) => it.phase === "infer",
      );
      expect(waiting.reason).not.toBe("");
      await isRefunded("base", tx, requestId, before);
    } finally {
      for (const [, pid] of workers) process.kill(pid, "SIGCONT");
    }
  });

  test("rubbish: the request waits with that reason and is refunded after its closing time", async () => {
    const rubbish = async () => ({ status: 200, body: '{"output":"zz","proof":[1,2]}' });
    const rogues = await Promise.all([startRogueWorker(rubbish), startRogueWorker(rubbish)]);
    const undo = await withWorkers(rogues.map((it) => it.url));
    try {
      const before = await scene().user.credit("arbitrum", scene().user.account.address);
      const { requestId, tx } = await scene().user.ask("arbitrum", "language-detection", "let x = 1", DEADLINE_SECONDS);
      const waiting = await scene().user.says(requestId, "the reason", (it) => it.code === "INFERENCE_NO_QUORUM");
      expect(waiting.reason).toMatch(/WORKER_/);
      expect(waiting.actor).toBe("operator");
      for (const rogue of rogues) expect(rogue.calls()).toBeGreaterThan(0);
      await isRefunded("arbitrum", tx, requestId, before);
    } finally {
      await undo();
      await Promise.all(rogues.map((it) => it.close()));
    }
  });

  test("the wrong key: each worker signs under the other's name, nothing is believed, the fee comes back", async () => {
    const urls = scene()
      .herald.info.workers.map((it) => it.url)
      .reverse();
    const undo = await withWorkers(urls);
    try {
      const before = await scene().user.credit("ethereum", scene().user.account.address);
      const { requestId, tx } = await scene().user.ask("ethereum", "language-detection", "let y = 2", DEADLINE_SECONDS);
      const waiting = await scene().user.says(requestId, "the reason", (it) => it.code === "INFERENCE_NO_QUORUM");
      expect(waiting.reason).toMatch(/SIGN/i);
      await isRefunded("ethereum", tx, requestId, before);
    } finally {
      await undo();
    }
  });
});

describe("a relayer that is gone", () => {
  test("anybody refunds the request after its closing time, and nobody before", async () => {
    const pid = scene().herald.processes().relayer ?? 0;
    process.kill(pid, "SIGSTOP");
    try {
      const before = await scene().user.credit("base", scene().user.account.address);
      const { requestId, tx } = await scene().user.ask("base", "language-detection", "y = 2", DEADLINE_SECONDS);
      const terms = await scene().user.terms("base", tx);
      await expect(scene().user.expire("base", terms)).rejects.toThrow(/NotClosed/);
      await waitFor("the closing time to pass", async () =>
        (await scene().user.now("base")) > BigInt(terms.deadline) ? true : undefined,
      );
      expect((await scene().user.expire("base", terms)).status).toBe("success");
      expect(await scene().user.settled("base", requestId)).toMatchObject({ event: "RequestExpired" });
      const total = terms.workerFee + terms.relayFee + terms.protocolFee;
      expect((await scene().user.credit("base", scene().user.account.address)) - before).toBe(total);
    } finally {
      process.kill(pid, "SIGCONT");
    }
  });
});
