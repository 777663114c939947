import type { Log } from "@herald/wire/log";
import type { LocalAccount, PublicClient } from "viem";
import type { Clock } from "./clock.js";
import type { SpendLimits } from "./fees.js";
import type { TransactionStore } from "./transactionStore.js";

/** What the parts of one lane, the writer of one (chain, key), share. */
export interface LaneParameters {
  readonly chain: string;
  readonly chainId: number;
  readonly client: PublicClient;
  readonly account: LocalAccount;
  readonly store: TransactionStore;
  readonly limits: SpendLimits;
  readonly pollMs: number;
  readonly escalateAfterMs: number;
  readonly rebroadcastAfterMs: number;
  readonly settledTag: "latest" | "safe" | "finalized";
  readonly holder: string;
  readonly leaseMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}
