import type { Address, Hex } from "viem";

/** One signed version of a transaction. All attempts of a record share its nonce, so at most one of them can ever land. */
export interface TransactionAttempt {
  readonly hash: Hex;
  /** The signed bytes, as broadcast. */
  readonly raw: Hex;
  /** Wei per gas, decimal. */
  readonly maxFeePerGas: string;
  /** Wei per gas, decimal. */
  readonly maxPriorityFeePerGas: string;
  /** Unix milliseconds. */
  readonly signedAt: number;
  /** An empty transfer to ourselves that only uses the nonce up, because nodes refuse the transaction itself. */
  readonly cancels: boolean;
}

/**
 * - `signed`: has a nonce and signed bytes, which may or may not have been broadcast
 * - `mined`: landed and succeeded
 * - `reverted`: landed and reverted
 * - `cancelled`: refused by every node, its nonce used up by an empty transfer
 * - `superseded`: somebody else's transaction used the nonce, beyond reorganisation
 *
 * All but `signed` are provisional until `settledAt`: a reorganisation makes `signed` of them again. Once settled, the last three have no
 * effect on chain, and the id may be sent again.
 */
export type TransactionState = "signed" | "mined" | "reverted" | "cancelled" | "superseded";

/** What the sender knows about one transaction. Plain JSON: hex, decimal strings, Unix milliseconds. */
export interface TransactionRecord {
  /** The caller's idempotency key, unique per chain and sender. */
  readonly id: string;
  readonly chain: string;
  readonly sender: Address;
  readonly nonce: number;
  readonly state: TransactionState;
  readonly to: Address;
  readonly data: Hex;
  /** Wei, decimal. */
  readonly value: string;
  /** Gas limit, decimal. */
  readonly gas: string;
  /** Wei the data was expected to cost on L1, decimal; 0 where that is part of the gas. */
  readonly l1Fee: string;
  /** Wei counted as burnt, decimal: the worst case until it lands, then what it was. */
  readonly cost: string;
  /** Oldest first; never empty. */
  readonly attempts: readonly TransactionAttempt[];
  /** First broadcast a node accepted; null while unknown. */
  readonly broadcastAt: number | null;
  /** When the receipt was first seen. */
  readonly minedAt: number | null;
  /** The attempt that landed. */
  readonly minedHash: Hex | null;
  /** When it was found final, beyond reorganisation; null = still followed. */
  readonly settledAt: number | null;
}

/** What one signed nonce of an id is counted with; the id may have used several, of which reverted ones cost as well. */
export interface CountedCost {
  readonly id: string;
  readonly nonce: number;
  /** Wei, decimal. */
  readonly cost: string;
}

/**
 * Who may write for one (chain, sender). Time decides only when the next one may take over; what keeps two from writing is the token, which
 * goes up with every new lease and is checked in every write.
 */
export interface LeaseStore {
  /** A new lease for so many milliseconds, as its token: if there is none, if it ran out, or if `holder` has it. Else undefined. */
  acquire(chain: string, sender: Address, holder: string, ms: number): Promise<number | undefined>;
  /** Prolongs the lease, or ends it with 0 ms. False where there is a newer one. */
  renew(chain: string, sender: Address, token: number, ms: number): Promise<boolean>;
}

/** Where records live. A lost write is a lost nonce, so `save` must be durable when it resolves. */
export interface TransactionStore extends LeaseStore {
  /** The latest record of an id. */
  find(chain: string, sender: Address, id: string): Promise<TransactionRecord | undefined>;
  /** Every record that is not settled, in any order. */
  unfinished(chain: string, sender: Address): Promise<readonly TransactionRecord[]>;
  /**
   * The highest nonce used by a transaction of ours that is final: counted with a cost, and held by no record that is not settled. Nonces
   * only somebody else used do not count.
   */
  highestFinalNonce(chain: string, sender: Address): Promise<number | undefined>;
  /** What is counted for a day (`spendingDay`): the latest cost of every id and nonce, also where the record is replaced since. */
  spentOn(chain: string, sender: Address, day: string): Promise<readonly CountedCost[]>;
  /**
   * Inserts or replaces by (chain, sender, id), and in the same write the cost counted for its id and nonce. False, and nothing
   * written, where there is a newer lease than `token`: checked so that none can begin between the check and the write.
   */
  save(record: TransactionRecord, token: number): Promise<boolean>;
}
