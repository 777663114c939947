import { type ErrorActor, HeraldError, type RetryAdvice } from "@herald/wire/errors";

interface Condition {
  readonly message: string;
  readonly fix: string;
  readonly actor: ErrorActor;
  readonly retry: RetryAdvice;
}

const conditions = {
  WATCH_CHAIN_MOVED: {
    message: "The chain was reorganised while it was being read.",
    fix: "Nothing; the blocks are read again.",
    actor: "upstream",
    retry: "now",
  },
  WATCH_REORG_TOO_DEEP: {
    message: "The chain left the blocks already read behind, further back than they are kept.",
    fix: "Check that the providers follow the right chain; if they do, delete the chain's rows from the store and let it be read again.",
    actor: "operator",
    retry: { afterMs: 5_000 },
  },
  WATCH_FINALITY_MISMATCH: {
    message: "The block the chain calls final is not among the blocks read.",
    fix: "Nothing if it passes in seconds (a reorganisation); otherwise compare the providers with an independent source.",
    actor: "operator",
    retry: { afterMs: 1_000 },
  },
  WATCH_SEQ_GAP: {
    message: "The gateway's sequence numbers have a gap, so a request was not shown to us.",
    fix: "Nothing if it passes (the blocks are read again); otherwise replace the providers that leave out logs, set startBlock to the gateway's first block, or have the missing request's transaction taken in by its hash.",
    actor: "operator",
    retry: { afterMs: 5_000 },
  },
  WATCH_EVENT_INVALID: {
    message: "The providers show an event that the gateway cannot have emitted.",
    fix: "Check the configured chain id and gateway, then compare the transaction with an independent source and replace the providers.",
    actor: "operator",
    retry: { afterMs: 5_000 },
  },
  WATCH_GATEWAY_MISSING: {
    message: "There is no gateway at the configured address.",
    fix: "Correct the gateway's address or the providers in the configuration.",
    actor: "operator",
    retry: { afterMs: 5_000 },
  },
  WATCH_TRANSACTION_UNKNOWN: {
    message: "The providers know of no such transaction in a block of this chain.",
    fix: "Check the hash and the chain; a transaction that is not in a block yet is read once it is.",
    actor: "user",
    retry: { afterMs: 5_000 },
  },
  WATCH_TRANSACTION_SILENT: {
    message: "The gateway said nothing in this transaction.",
    fix: "Check the hash, the chain and the configured gateway; a transaction that reverted asked for nothing.",
    actor: "user",
    retry: "never",
  },
} as const satisfies Record<string, Condition>;

/** An error of the watcher; its code picks the sentence, who must act and when to try again. Facts name chain and block. */
export function watchError(code: keyof typeof conditions, facts: Readonly<Record<string, unknown>>): HeraldError {
  return new HeraldError({ code, facts, ...conditions[code] });
}
