import type { RequestView } from "@herald/relayer/service/requestView";
import { stages } from "@herald/wire/lifecycle";
import { hexToString, isHex } from "viem";

/** A request that waits this long for somebody is worth a line that says for whom and why. */
const WORTH_SAYING_MS = 5_000;

/** Prints one line per stage as a request reaches it, never one twice. */
export class Timeline {
  readonly #print: (line: string) => void;
  readonly #startedAt: number;
  readonly #shown = new Set<string>();

  constructor(print: (line: string) => void, startedAt: number) {
    this.#print = print;
    this.#startedAt = startedAt;
  }

  show(view: RequestView): void {
    for (const stage of stages) {
      const at = view.stages[stage];
      if (at !== undefined) this.line(view.origin, stage, detailOf(view, stage), at);
    }
    const waitedMs = Date.now() - view.since;
    if (view.phase !== "done" && waitedMs > WORTH_SAYING_MS) {
      this.line(view.origin, "waiting", view.reason, Date.now(), view.reason);
    }
  }

  line(origin: string, what: string, detail: string, at: number, about = ""): void {
    const key = `${origin}/${what}/${about}`;
    if (this.#shown.has(key)) return;
    this.#shown.add(key);
    const seconds = `+${((at - this.#startedAt) / 1000).toFixed(2)} s`;
    this.#print(`${seconds.padStart(9)}  ${origin.padEnd(9)} ${what.padEnd(11)} ${detail}`);
  }
}

function detailOf(view: RequestView, stage: (typeof stages)[number]): string {
  switch (stage) {
    case "observed":
      return `request ${view.requestId}`;
    case "final":
      return `origin block final, tx ${view.originTx}`;
    case "inferred":
      return outputText(view.output);
    case "published":
      return `Celestia height ${view.daHeight}, commitment ${view.daCommitment}`;
    case "dispatched":
      return `Hyperlane message ${view.messageId}`;
    case "delivered":
      return `tx ${view.deliveryTx}, callback ${view.callback}`;
  }
}

/** An output for a terminal: one line, quoted, cut where it is long. */
export function outputText(output: string | null): string {
  if (output === null || !isHex(output)) return "(no output)";
  const text = JSON.stringify(hexToString(output));
  return text.length > 100 ? `${text.slice(0, 97)}…"` : text;
}
