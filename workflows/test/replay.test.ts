import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker, type WorkflowBundle } from "@temporalio/worker";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { assertReplayable, type CapturedHistory, readHistories } from "./readHistories.js";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const histories = readHistories();

beforeAll(() => {
  Runtime.install({ logger: new DefaultLogger("ERROR"), shutdownSignals: [] });
});

async function replay(bundle: WorkflowBundle | { codePath: string }, captured: CapturedHistory): Promise<void> {
  // The workflow id is part of what is replayed; the default would be another.
  await Worker.runReplayHistory({ workflowBundle: bundle }, captured.history, captured.workflowId);
}

describe("captured histories", () => {
  test("cover every way a request can end", () => {
    const names = histories.map((it) => it.name).join(" ");
    for (const end of [
      "delivered",
      "declined",
      "refunded",
      "rejectedThenRefunded",
      "heldUntilClosing",
      "settledDuring",
      "cancelled",
      "pendingThenFinalized",
      "overturned",
      "revealed",
    ]) {
      expect(names).toContain(end);
    }
  });

  test.each(histories.map((it) => [it.name, it] as const))(
    "%s replays on the present flow",
    async (_name, captured) => {
      await replay({ codePath: join(dist, "flowBundle.js") }, captured);
    },
  );

  test("carry no host, process or path", () => {
    for (const { name, ...captured } of histories) {
      expect(JSON.stringify(captured), name).not.toMatch(/\d+@|\/(home|root|work|tmp|Users)\//);
    }
  });

  test("cut before their first workflow task are refused instead of hanging the replay", () => {
    const [first] = histories;
    if (first === undefined) throw new Error("no histories");
    const cut = { ...first, history: { events: first.history.events.slice(0, 2) } };
    expect(() => assertReplayable(cut)).toThrow(/would never end/);
  });
});

describe("a flow whose steps were reordered", () => {
  let folder: string;
  let bundle: WorkflowBundle;

  beforeAll(async () => {
    folder = mkdtempSync(join(dist, "reordered-"));
    cpSync(join(dist, "flows"), folder, { recursive: true });
    const file = join(folder, "inferenceRequest.js");
    const source = readFileSync(file, "utf8");
    const swapped = source
      .replace(".publishEvidence(", ".swapped(")
      .replace(".publishResult(", ".publishEvidence(")
      .replace(".swapped(", ".publishResult(");
    expect(swapped).not.toBe(source);
    writeFileSync(file, swapped);
    bundle = await bundleWorkflowCode({ workflowsPath: file, logger: new DefaultLogger("ERROR") });
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("is caught by the history of a delivered request", async () => {
    const delivered = histories.find((it) => it.name.includes(".delivered."));
    if (delivered === undefined) throw new Error("no history of a delivered request");
    await expect(replay(bundle, delivered)).rejects.toMatchObject({
      name: "DeterminismViolationError",
      message: expect.stringContaining("publishEvidence"),
    });
  });
});
