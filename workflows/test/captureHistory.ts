import { writeFileSync } from "node:fs";
import { historyToJSON } from "@temporalio/common/lib/proto-utils.js";
import type { temporal } from "@temporalio/proto";

type History = temporal.api.history.v1.IHistory;

/**
 * Writes a finished flow's history to `histories/<name>.json`, on purpose only: `HERALD_CAPTURE_HISTORIES=1 npx vitest run test/flow.test.ts`.
 * What names a machine or a process is replaced; what replay compares stays.
 */
export function captureHistory(history: History, workflowId: string, name: string): void {
  const scrubbed = JSON.stringify({ workflowId, history: JSON.parse(historyToJSON(history)) }, scrub, 1);
  const leak = /\/(?:home|root|work|tmp|Users)\/|\d+@[\w.-]+/.exec(scrubbed);
  if (leak !== null) throw new Error(`the history would carry ${leak[0]}`);
  writeFileSync(new URL(`../histories/${name}.json`, import.meta.url), `${scrubbed}\n`);
}

function scrub(key: string, value: unknown): unknown {
  if (key === "identity") return "herald";
  if (key === "stackTrace") return "";
  // A worker's own queue carries its identity and a random name.
  if (key === "workerTaskQueue" || key === "workerVersion" || key === "requestId") return undefined;
  return value;
}
