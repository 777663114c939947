import { errorCode, formatError, HeraldError } from "@herald/wire/errors";
import type { Log } from "@herald/wire/log";
import type { Address, Hex, LocalAccount, PublicClient, TransactionReceipt } from "viem";
import { type Clock, systemClock } from "./clock.js";
import type { SpendLimits } from "./fees.js";
import type { Outcome } from "./inFlight.js";
import { SenderLane, stopped } from "./senderLane.js";
import { type Call, unreachable } from "./simulate.js";
import type { TransactionStore } from "./transactionStore.js";

/** A transaction that landed and succeeded; until it is final, a reorganisation may take it out. Times are Unix milliseconds of this machine. */
export interface MinedTransaction {
  readonly hash: Hex;
  readonly receipt: TransactionReceipt;
  /** When a node first accepted it; when it was signed, if a restart lost that. */
  readonly broadcastAt: number;
  /** When its receipt was first seen. */
  readonly minedAt: number;
}

/** Sends transactions of one key on one chain. */
export interface TransactionSender {
  /**
   * Sends a transaction and waits until it is mined. Until it is final it is still followed: when a reorganisation takes it out, its bytes
   * are broadcast again.
   *
   * `id` is an idempotency key: it never has two effects. A second call with the same id, at the same time or after a restart, follows
   * the first one's transaction, whatever else it asks for. An id that had no effect (reverted, refused) may be sent again: it gets a new
   * nonce once the old transaction can no longer land.
   * @throws HeraldError
   * SEND_REVERTED (simulated; nothing sent), SEND_FEE_ABOVE_LIMIT and SEND_DAILY_CAP (nothing sent), SEND_UNFUNDED (if signed, followed on),
   * SEND_MINED_REVERTED, SEND_REFUSED (no effect), SEND_UNSETTLED (an earlier attempt failed, but could still land after a reorganisation),
   * SEND_WRONG_CHAIN, SEND_CHAIN_UNREACHABLE, SEND_FINAL_RECEIPT_MISSING, SEND_LEASE_HELD, SEND_LEASE_LOST (another process has the key; a
   * call there follows the same transaction), SEND_STOPPED; errors of the store. After any of them, calling again is safe.
   */
  send(transaction: {
    readonly id: string;
    readonly to: Address;
    readonly data: Hex;
    /** Wei. */
    readonly value?: bigint;
  }): Promise<MinedTransaction>;
}

/** A sender that also says what became of what it sent. */
export interface FollowingSender extends TransactionSender {
  /**
   * Waits until what was sent under an id is final: beyond `settledTag`, where no reorganisation changes it any more.
   * @throws HeraldError
   * SEND_UNKNOWN (nothing was sent under this id), SEND_SUPERSEDED, SEND_MINED_REVERTED, SEND_REFUSED (final, without effect: the id may be
   * sent again); as `send` where the chain or the store fails
   */
  final(id: string): Promise<MinedTransaction>;
  /** Resolves once nothing is queued or on its way into a block. */
  idle(): Promise<void>;
}

/** How often everything in flight is looked at. */
const POLL_MS = 250;
/** When a transaction that has not landed is signed again with a higher fee: two slots and a half of Ethereum. */
const ESCALATE_AFTER_MS = 30_000;
/** When the same bytes are broadcast again, in case they were dropped. */
const REBROADCAST_AFTER_MS = 5_000;
/** Pause after a failed start. */
const START_RETRY_MS = 1_000;
/** How long nobody else may write after a sign of life: longer than a pause of the process, as a takeover costs everyone a start. */
const LEASE_MS = 15_000;

/**
 * Creates a sender for (chain, account). Of all on one store, one at a time has the lease and writes; it takes up what the one before it
 * left. Two stores know nothing of each other: never give them the same key.
 */
export function createTransactionSender(parameters: {
  /** Name under which records are stored. */
  readonly chain: string;
  readonly chainId: number;
  readonly client: PublicClient;
  readonly account: LocalAccount;
  readonly store: TransactionStore;
  readonly limits?: SpendLimits;
  readonly pollMs?: number;
  readonly escalateAfterMs?: number;
  readonly rebroadcastAfterMs?: number;
  /** The block beyond which nothing is reorganised: a nonce used there is used for good. Default `finalized`. */
  readonly settledTag?: "latest" | "safe" | "finalized";
  /**
   * Name of this process among those that share the store. One of the same name takes over at once, as a restart does; one of another name
   * when the lease has run out.
   */
  readonly holder?: string;
  readonly leaseMs?: number;
  readonly clock?: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}): FollowingSender {
  const { chain, account, log, signal, pollMs = POLL_MS, leaseMs = LEASE_MS, clock = systemClock } = parameters;
  const lane = new SenderLane({
    limits: {},
    escalateAfterMs: ESCALATE_AFTER_MS,
    rebroadcastAfterMs: REBROADCAST_AFTER_MS,
    settledTag: "finalized",
    holder: "sender",
    ...parameters,
    pollMs,
    clock,
    leaseMs,
  });
  const sending = new Map<string, Promise<MinedTransaction>>();
  void keep();

  return {
    send(call) {
      const known = sending.get(call.id);
      if (known !== undefined) return known;
      const sent = send(call).finally(() => sending.delete(call.id));
      sending.set(call.id, sent);
      return sent;
    },
    async final(id) {
      const settled = await lane.final(id);
      if (settled === undefined) throw unknown({ chain, sender: account.address, id });
      return conclude(settled);
    },
    async idle() {
      while ((sending.size > 0 || !lane.idle) && !signal.aborted) await clock.sleep(pollMs, signal);
    },
  };

  // A chain that is down at start must not keep what is signed from going out once it is back; nor a lease that others have.
  async function keep(): Promise<void> {
    let said: string | undefined;
    while (!signal.aborted) {
      try {
        await lane.keep();
        said = undefined;
      } catch (error) {
        const code = errorCode(error) ?? "";
        if (code === "SEND_LEASE_HELD") {
          if (said !== code) log.info("another process sends with this key; standing by", { chain });
        } else log.warn("the sender is not ready; trying again", { chain, error: formatError(error) });
        said = code;
      }
      const failed = said !== undefined && said !== "SEND_LEASE_HELD";
      await clock.sleep(failed ? Math.min(START_RETRY_MS, leaseMs / 3) : leaseMs / 3, signal);
    }
  }

  async function send(call: Call): Promise<MinedTransaction> {
    for (;;) {
      if (signal.aborted) throw stopped(chain);
      const settled = await attempt(call);
      if (settled.record.state !== "superseded") return conclude(settled);
    }
  }

  async function attempt(call: Call): Promise<Outcome> {
    const facts = { chain, sender: account.address, id: call.id };
    await lane.ready().catch((error: unknown) => Promise.reject(unreachable(facts, error)));
    const known = await lane.landed(call.id);
    if (known === "unsettled") throw unsettled(facts);
    return known ?? (await lane.wait((await lane.submit(call)).landed));
  }

  function conclude({ record, receipt }: Outcome): MinedTransaction {
    const hash = record.minedHash;
    if (record.state === "mined" && hash !== null && receipt !== undefined) {
      const signedAt = record.attempts[0]?.signedAt ?? 0;
      return { hash, receipt, broadcastAt: record.broadcastAt ?? signedAt, minedAt: record.minedAt ?? clock.now() };
    }
    const facts = { chain, id: record.id, hash, nonce: record.nonce, block: receipt?.blockNumber };
    if (record.state === "superseded") {
      throw new HeraldError({
        code: "SEND_SUPERSEDED",
        message: "Somebody else's transaction used the nonce, so this one has no effect.",
        facts,
        fix: "Send it again under the same id. Keep the key to this sender alone.",
        actor: "operator",
        retry: "now",
      });
    }
    if (record.state === "cancelled") {
      throw new HeraldError({
        code: "SEND_REFUSED",
        message: "Every node refused the transaction; its nonce was used up by an empty one.",
        facts: { ...facts, gas: record.gas },
        fix: "Make the transaction smaller: its size or its gas is beyond what the chain takes.",
        actor: "operator",
        retry: { afterMs: 30_000 },
      });
    }
    throw new HeraldError({
      code: "SEND_MINED_REVERTED",
      message: "The transaction landed and reverted.",
      facts: { ...facts, gasUsed: receipt?.gasUsed, gas: record.gas },
      fix: "Look at the transaction; the same id may be sent again.",
      actor: "upstream",
      retry: { afterMs: 1_000 },
    });
  }
}

function unsettled(facts: Record<string, unknown>): HeraldError {
  return new HeraldError({
    code: "SEND_UNSETTLED",
    message: "An earlier attempt had no effect, but is not final yet: after a reorganisation it could still land.",
    facts,
    fix: "Nothing; a new attempt is made once the chain has settled.",
    actor: "upstream",
    retry: { afterMs: 1_000 },
  });
}

function unknown(facts: Record<string, unknown>): HeraldError {
  return new HeraldError({
    code: "SEND_UNKNOWN",
    message: "Nothing was sent under this id.",
    facts,
    fix: "Send it first.",
    actor: "bug",
    retry: "never",
  });
}
