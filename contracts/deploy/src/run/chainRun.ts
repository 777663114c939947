import type { LocalAccount } from "viem";
import type { Site } from "../state/site.js";

/** How far one transaction is. A process may be killed at any of them. */
export type Moment = "written" | "sent" | "done";

/** One transaction on its way. */
export interface Progress {
  readonly chain: string;
  readonly what: string;
  readonly moment: Moment;
}

/** A site and what is needed to change it. */
export interface ChainRun {
  readonly site: Site;
  readonly account: LocalAccount;
  /** Milliseconds between looks for a receipt. */
  readonly pollMs: number;
  /** Milliseconds after which a transaction that nobody includes is sent again with higher fees. */
  readonly bumpAfterMs: number;
  /** Writes the state durably. */
  save(): void;
  onProgress(progress: Progress): void;
}
