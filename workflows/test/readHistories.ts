import { readdirSync, readFileSync } from "node:fs";

/** A captured history, as `captureHistory` wrote it. */
export interface CapturedHistory {
  readonly name: string;
  readonly workflowId: string;
  readonly history: { readonly events: readonly { readonly eventType: string }[] };
}

const folder = new URL("../histories/", import.meta.url);

/** Every history of the repository. One that ends before its first workflow task began would make replay hang, and is refused. */
export function readHistories(): readonly CapturedHistory[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => {
      const captured: Omit<CapturedHistory, "name"> = JSON.parse(readFileSync(new URL(file, folder), "utf8"));
      return assertReplayable({ name: file, ...captured });
    });
}

/** @throws Error for a history cut before its first EVENT_TYPE_WORKFLOW_TASK_STARTED */
export function assertReplayable(captured: CapturedHistory): CapturedHistory {
  if (captured.history.events.some((event) => event.eventType === "EVENT_TYPE_WORKFLOW_TASK_STARTED")) return captured;
  throw new Error(`${captured.name} ends before its first workflow task began; replaying it would never end`);
}
