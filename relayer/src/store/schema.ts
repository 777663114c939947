import type { Generated, Insertable, Selectable } from "kysely";

// Names in the database are snake case, as SQL tools expect; wide integers are decimal text, instants are Unix milliseconds.

export interface BlocksTable {
  chain: string;
  number: number;
  hash: string;
  parent_hash: string;
  timestamp: number;
}

export interface CursorsTable {
  chain: string;
  number: number;
  hash: string;
  finalized: number;
  head: number;
  updated_at: number;
}

/** The request index: a projection of the chains, rebuilt by watching again. */
export interface RequestsTable {
  id: string;
  chain: string;
  seq: number;
  requester: string;
  terms: string;
  input: string;
  context: string;
  origin_tx: string;
  block_number: number;
  block_hash: string;
  observed_at: number;
  /** Null while the origin block is not final by the lane's policy. */
  final_at: number | null;
  /** 1 after a reorg took the block away, until the request is seen again. */
  parked: Generated<number>;
  /** Why admission refused it; null = admitted. */
  refusal: string | null;
  /** When Temporal acknowledged the start; an acknowledgement can be lost, so reconciliation looks again. */
  started_at: number | null;
  /** When it was last compared with its workflow. */
  checked_at: number | null;
  /** Unix seconds after which it can be refunded only: its deadline, or sooner after a cancellation. */
  close_at: number;
  /** 1 once `close_at` was not the deadline: its workflow may believe in another closing time. */
  closing_moved: Generated<number>;
  /** What was added to the relay fee, decimal. */
  top_up: Generated<string>;
  settled_as: string | null;
  settled_tx: string | null;
  settled_at: number | null;
  /** The delivery whose result may still be overturned; null before and after. */
  pending_tx: string | null;
  pending_at: number | null;
  /** A `SettledResult` as JSON, once one was delivered. */
  result: string | null;
  /** Where the output of a result settled by its hash was made public. */
  revealed_tx: string | null;
  callback: string | null;
  /** First bytes of what a failed callback reverted with. */
  callback_reason: string | null;
  rejection: string | null;
  rejected_tx: string | null;
  closed_at: number | null;
}

/** What a gateway said of a request after its opening; the request's row is computed from these. */
export interface GatewayEventsTable {
  chain: string;
  block_hash: string;
  log_index: number;
  block_number: number;
  request_id: string;
  tx: string;
  seen_at: number;
  event: string;
}

export interface EffectsTable {
  kind: string;
  request_id: string;
  attempt: number;
  lane: string;
  payload: string;
  batch_id: string | null;
  reference: string | null;
  task_token: string | null;
  /** An `Explanation` as JSON. */
  explanation: string | null;
  created_at: number;
  done_at: number | null;
  told_at: number | null;
}

export interface BatchesTable {
  id: string;
  kind: string;
  lane: string;
  notes: string;
  opened_at: number;
  closed_at: number | null;
}

export interface TransactionsTable {
  id: string;
  chain: string;
  sender: string;
  nonce: number;
  state: string;
  /** Null while the sender still follows it. */
  settled_at: number | null;
  /** The sender's record as JSON; the columns beside it are what queries need. */
  record: string;
  updated_at: number;
}

/** What the senders' transactions burnt, by day. */
export interface SenderCostsTable {
  chain: string;
  sender: string;
  nonce: number;
  id: string;
  /** UTC, as 2026-12-31. */
  day: string;
  cost: string;
}

/** Who may write the transactions of a key. */
export interface SenderLeasesTable {
  chain: string;
  sender: string;
  /** Goes up with every new lease. */
  token: number;
  holder: string;
  expires_at: number;
}

/** Time a request spent waiting for something outside Herald. */
export interface SpansTable {
  request_id: string;
  what: string;
  from_ms: number;
  to_ms: number;
}

export interface Database {
  blocks: BlocksTable;
  cursors: CursorsTable;
  requests: RequestsTable;
  gateway_events: GatewayEventsTable;
  effects: EffectsTable;
  batches: BatchesTable;
  transactions: TransactionsTable;
  sender_costs: SenderCostsTable;
  sender_leases: SenderLeasesTable;
  spans: SpansTable;
}

export type RequestRow = Selectable<RequestsTable>;
export type NewRequestRow = Insertable<RequestsTable>;
