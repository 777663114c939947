import { formatError } from "@herald/wire/errors";
import type { TransactionReceipt } from "viem";
import { broadcast } from "./broadcast.js";
import { landedCost, openCost } from "./cost.js";
import { findLanded, receiptOf } from "./findReceipt.js";
import type { InFlight, Outcome } from "./inFlight.js";
import type { Journal } from "./journal.js";
import type { LaneParameters } from "./laneParameters.js";
import type { Nonces } from "./nonces.js";
import { helpOn } from "./replacing.js";
import type { TransactionAttempt, TransactionRecord } from "./transactionStore.js";

/** Most receipts asked for in one look, of what may have landed and of what waits to be final. */
const MOST_LANDING = 256;
const MOST_SETTLING = 32;

/**
 * Follows what is signed to its receipt, and from there to finality. A receipt is provisional: when a reorganisation took it out, the same
 * bytes are broadcast again. What the chain has beyond `settledTag` is the end.
 */
export class Following {
  readonly #p: LaneParameters;
  readonly #journal: Journal;
  readonly #nonces: Nonces;
  /** Transactions counted beyond `settledTag`, as of the last time it was asked. */
  #settled = 0;

  constructor(parameters: LaneParameters, journal: Journal, nonces: Nonces) {
    this.#p = parameters;
    this.#journal = journal;
    this.#nonces = nonces;
  }

  /** One look at everything open: one call as long as nothing has landed. */
  async look(): Promise<number> {
    const { count: latest } = await this.#nonces.used();
    const items = this.#journal.items;
    const mayHaveLanded = items.filter((it) => it.waiting && it.nonce < latest).slice(0, MOST_LANDING);
    await this.#each(mayHaveLanded, (it) => this.#lookUp(it));
    for (const item of items.filter((it) => it.waiting && it.nonce >= latest)) {
      await this.#each([item], (it) => helpOn(this.#p, this.#journal, it, latest));
    }
    return latest;
  }

  /** Whether what landed is still there, and whether it is final; needs doing less often. */
  async lookBack(latest: number): Promise<void> {
    const removed = this.#journal.items.filter((it) => !it.waiting && it.nonce >= latest);
    await this.#each(removed.slice(0, MOST_SETTLING), (it) => this.recheck(it).then(() => undefined));
    if (!this.#journal.items.some((it) => it.nonce < latest)) return;
    this.#settled = await this.#nonces.count(this.#p.settledTag);
    const settling = this.#journal.items.filter((it) => !it.waiting && it.nonce < this.#settled);
    await this.#each(settling.slice(0, MOST_SETTLING), (it) => this.#settle(it));
  }

  /**
   * What became of a transaction that landed, asked anew. Where a reorganisation took it out it goes out again with the same bytes, and
   * counts as waiting from then on.
   */
  async recheck(item: InFlight): Promise<Outcome | undefined> {
    const { minedHash, nonce } = item.record;
    const receipt = minedHash === null ? undefined : await receiptOf(this.#p.client, minedHash);
    if (receipt !== undefined) {
      if (stateOf(item.record, receipt) === item.record.state) return { record: item.record, receipt };
      // Another block may give the same transaction another end.
      await this.#landed(item, receipt);
      return { record: item.record, receipt };
    }
    const reopened = await this.#journal.change(item, (record) => {
      if (record.state === "signed" || record.minedHash !== minedHash) return undefined;
      // What landed goes out again, not what was meant to replace it.
      const again = record.attempts.filter((it) => it.hash === minedHash);
      const attempts = [...record.attempts.filter((it) => it.hash !== minedHash), ...again];
      const cost = openCost(record).toString();
      return { ...record, state: "signed", attempts, minedAt: null, minedHash: null, cost };
    });
    if (reopened) {
      const { chain, escalateAfterMs, clock, log } = this.#p;
      log.warn("a reorganisation took a transaction out; sending it again", { chain, id: item.record.id, nonce });
      item.landed.undo();
      item.unseen = 0;
      item.escalateAt = clock.now() + escalateAfterMs;
      await broadcast(this.#p, item);
    }
    return undefined;
  }

  /** Asks now whether a transaction that landed is final, instead of at the next look back. */
  async settleNow(item: InFlight): Promise<void> {
    this.#settled = await this.#nonces.count(this.#p.settledTag);
    if (item.nonce < this.#settled) await this.#settle(item);
  }

  /** The nonce is used: by one of our attempts, or by a stranger with our key. */
  async #lookUp(item: InFlight): Promise<void> {
    const found = await findLanded(this.#p.client, item.record.attempts);
    if (found !== undefined) return await this.#landed(item, found.receipt);
    // A provider may know the nonce before the receipt, and a reorganisation may still make room for our bytes.
    item.unseen++;
    if (item.unseen >= 2 && item.nonce < this.#settled) await this.#settle(item);
  }

  async #landed(item: InFlight, receipt: TransactionReceipt): Promise<void> {
    const { chain, clock, log } = this.#p;
    const changed = await this.#journal.change(item, (record) => ({
      ...record,
      state: stateOf(record, receipt),
      broadcastAt: item.broadcastAt,
      minedAt: clock.now(),
      minedHash: receipt.transactionHash,
      cost: landedCost(record, receipt).toString(),
    }));
    if (!changed) return;
    const { record } = item;
    const { id, nonce, state, minedHash } = record;
    item.unseen = 0;
    this.#nonces.spent(nonce);
    log.info("transaction landed", { chain, id, nonce, state, hash: minedHash, block: receipt.blockNumber });
    item.landed.resolve({ record, receipt });
  }

  /** The nonce is used beyond reorganisation: whoever used it is the end of it. */
  async #settle(item: InFlight): Promise<void> {
    const { client, chain, clock, log } = this.#p;
    const { record: asked, waiting } = item;
    const found = await findLanded(client, landedFirst(asked));
    // Not believed at once, in case a provider knows the nonce before the receipt.
    if (found === undefined && ++item.unseen < 3) return;
    // A receipt may be older than the count: viem lets equal requests share one answer, however long that has been on its way.
    if (found !== undefined) {
      const { blockNumber, blockHash } = found.receipt;
      if ((await client.getBlock({ blockNumber })).hash !== blockHash) return;
    }
    const changed = await this.#journal.change(item, (record) => {
      // Signed again meanwhile: that attempt was not looked for.
      if (found === undefined && record !== asked) return undefined;
      const settledAt = clock.now();
      const none = { minedAt: null, minedHash: null, cost: "0" };
      if (found === undefined) return { ...record, state: "superseded", ...none, settledAt };
      const { receipt } = found;
      const minedAt = record.minedAt ?? settledAt;
      const landed = { state: stateOf(record, receipt), minedAt, minedHash: receipt.transactionHash };
      const cost = landedCost(record, receipt).toString();
      return { ...record, ...landed, broadcastAt: item.broadcastAt, settledAt, cost };
    });
    if (!changed) return;
    const { record } = item;
    const { id, nonce, state } = record;
    this.#nonces.spent(nonce);
    if (found === undefined) {
      log.warn("somebody else used the nonce; the transaction needs a new one", { chain, id, nonce, waiting });
    } else {
      this.#nonces.final(nonce);
      log.debug("transaction final", { chain, id, nonce, state });
    }
    const outcome = found === undefined ? { record } : { record, receipt: found.receipt };
    item.landed.resolve(outcome);
    item.final.resolve(outcome);
  }

  /** One that cannot be looked after must not keep the others from it. */
  async #each(items: readonly InFlight[], work: (item: InFlight) => Promise<void>): Promise<void> {
    const { chain, log } = this.#p;
    await Promise.all(
      items.map((item) =>
        work(item).catch((error: unknown) => {
          const facts = { chain, id: item.record.id, error: formatError(error) };
          log.warn("a transaction could not be looked after; trying again", facts);
        }),
      ),
    );
  }
}

function stateOf(record: TransactionRecord, receipt: TransactionReceipt): "cancelled" | "mined" | "reverted" {
  const attempt = record.attempts.find((it) => it.hash === receipt.transactionHash);
  if (attempt?.cancels === true) return "cancelled";
  return receipt.status === "success" ? "mined" : "reverted";
}

/** Newest last, as `findLanded` looks at the last first. */
function landedFirst({ attempts, minedHash }: TransactionRecord): readonly TransactionAttempt[] {
  return [...attempts].sort((a, b) => Number(a.hash === minedHash) - Number(b.hash === minedHash));
}
