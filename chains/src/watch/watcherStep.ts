import type { RequestId } from "@herald/wire/ids";
import type { Terms } from "@herald/wire/terms";
import type { Address, Hex } from "viem";

/** A block as far as the watcher remembers it. */
export interface BlockRef {
  readonly number: bigint;
  readonly hash: Hex;
  readonly parentHash: Hex;
  /** Unix seconds. */
  readonly timestamp: bigint;
}

/** What the store holds of requests whose block has not left the chain; what follows is counted on from there. */
export interface RequestsHeld {
  /** Requests opened up to and including a block. */
  countUpTo(chain: string, block: BlockRef): Promise<bigint>;
  /** Transactions that opened requests in a block. */
  transactionsIn(chain: string, block: BlockRef): Promise<readonly Hex[]>;
}

interface Placed {
  readonly block: BlockRef;
  readonly txHash: Hex;
  readonly logIndex: number;
}

/** What a gateway said, checked against its block and, for requests, against the terms. */
export type GatewayEvent = Placed &
  (
    | {
        readonly type: "RequestOpened";
        readonly id: RequestId;
        /** The gateway's dense count, from 1. */
        readonly seq: bigint;
        readonly terms: Terms;
        readonly input: Hex;
        readonly context: Hex;
      }
    /** `topUp` is all that was added to the relay fee so far. */
    | { readonly type: "RequestToppedUp"; readonly id: RequestId; readonly topUp: bigint }
    /** Results are taken until `closeAt` only, Unix seconds. */
    | { readonly type: "RequestCancelled"; readonly id: RequestId; readonly closeAt: number }
    | { readonly type: "RequestExpired"; readonly id: RequestId }
    | {
        readonly type: "ResultDelivered";
        readonly id: RequestId;
        readonly status: number;
        readonly outputHash: Hex;
        readonly evidenceHash: Hex;
        readonly relayer: Address;
        readonly payees: readonly Address[];
        /** Empty where the terms want only its hash. */
        readonly output: Hex;
        /** False while the policy's window lasts. */
        readonly isFinal: boolean;
      }
    | { readonly type: "ResultFinalized"; readonly id: RequestId }
    | { readonly type: "ResultOverturned"; readonly id: RequestId }
    | { readonly type: "OutputRevealed"; readonly id: RequestId; readonly output: Hex }
    | { readonly type: "ResultRejected"; readonly id: RequestId; readonly reason: number }
    | { readonly type: "CallbackSucceeded"; readonly id: RequestId }
    /** `reason` is the first bytes of the consumer's revert data. */
    | { readonly type: "CallbackFailed"; readonly id: RequestId; readonly reason: Hex }
    | { readonly type: "MessageIgnored"; readonly reason: number }
  );

/** One step of a chain; committed as a whole or not at all. */
export interface WatcherStep {
  readonly chain: string;
  /** Blocks that left the chain, newest first. A block may be among `added` again, when it is read once more. */
  readonly removed: readonly BlockRef[];
  /** Oldest first. */
  readonly added: readonly { readonly block: BlockRef; readonly events: readonly GatewayEvent[] }[];
  /**
   * True where `added` leaves out the blocks in which the gateway said nothing. All of them are final, and none before them can be removed
   * any more.
   */
  readonly isLeap: boolean;
  /** The last block read. */
  readonly cursor: BlockRef;
  /** The highest block that is final by the lane's policy; it may be ahead of the cursor, or negative on a very young chain. */
  readonly finalized: { readonly number: bigint };
  readonly head: { readonly number: bigint };
}
