import { formatError, HeraldError } from "@herald/wire/errors";
import { broadcast } from "./broadcast.js";
import { worstCost } from "./cost.js";
import { firstFees, readFees } from "./fees.js";
import { receiptOf } from "./findReceipt.js";
import { Following } from "./following.js";
import { Gaps } from "./gaps.js";
import { InFlight, type Outcome } from "./inFlight.js";
import { Journal } from "./journal.js";
import { estimateL1Fee, takesL1Fee } from "./l1Fee.js";
import type { LaneParameters } from "./laneParameters.js";
import { Nonces } from "./nonces.js";
import { signAttempt } from "./signAttempt.js";
import { type Call, simulate } from "./simulate.js";
import type { TransactionRecord } from "./transactionStore.js";
import type { Waiters } from "./waiters.js";

/** What landed is looked back at in every so manieth poll. */
const LOOK_BACK_EVERY = 8;

/** The transactions of one (chain, key): `journal` keeps them, `nonces` numbers them, `following` brings each to its end, with one poll. */
export class SenderLane {
  readonly #p: LaneParameters;
  readonly #journal: Journal;
  readonly #nonces: Nonces;
  readonly #following: Following;
  readonly #gaps: Gaps;
  #polling = false;
  /** Undefined until the chain is known to be the right one. */
  #takesL1Fee: boolean | undefined;

  constructor(parameters: LaneParameters) {
    this.#p = parameters;
    this.#journal = new Journal(parameters);
    this.#nonces = new Nonces(parameters, this.#journal);
    this.#following = new Following(parameters, this.#journal, this.#nonces);
    this.#gaps = new Gaps(parameters);
    parameters.signal.addEventListener("abort", () => {
      for (const it of this.#journal.items) it.complain(stopped(parameters.chain));
      void this.#journal.lease.release().catch(() => undefined);
    });
  }

  /** Nothing is on its way into a block. */
  get idle(): boolean {
    return !this.#journal.items.some((it) => it.waiting);
  }

  /**
   * Takes the lease, and up what an earlier process left.
   * @throws HeraldError SEND_WRONG_CHAIN, SEND_LEASE_HELD; whatever client and store throw
   */
  ready(): Promise<void> {
    return this.#journal.ready(() => this.#load());
  }

  /**
   * Keeps the lease, or takes it as soon as it is free.
   * @throws HeraldError as `ready`; SEND_LEASE_LOST
   */
  async keep(): Promise<void> {
    await this.ready();
    await this.#journal.renew();
  }

  /** Simulates, signs with the next nonce, persists and broadcasts. Nothing was signed if it throws before the store was written. */
  async submit(call: Call): Promise<InFlight> {
    const { client, chain, chainId, account, limits, clock } = this.#p;
    const [gas, current, used] = await Promise.all([
      simulate(client, chain, account.address, call),
      readFees(client),
      this.#nonces.used(),
    ]);
    const { id, to, data, value = 0n } = call;
    const l1Fee = this.#takesL1Fee
      ? await estimateL1Fee(client, { chainId, nonce: used.count, to, data, value, gas, fees: current })
      : 0n;
    const fees = firstFees(current, limits, gas, l1Fee);
    const cost = worstCost(gas, fees, l1Fee);
    const item = await this.#journal.exclusive(async () => {
      if (this.#p.signal.aborted) throw stopped(chain);
      await this.ready();
      const { token } = this.#journal.lease;
      // Looked for again under this lease: somebody else may have sent the id since it was found to be new.
      const known = await this.#journal.find(id);
      if (known instanceof InFlight || known?.state === "mined") throw this.#journal.lease.lostError();
      const nonce = await this.#nonces.free();
      this.#journal.spending.check(id, cost);
      const signedAt = clock.now();
      const attempt = await signAttempt({
        ...{ account, chainId, nonce, to, data, value, gas, fees },
        ...{ cancels: false, signedAt },
      });
      const sender = account.address;
      const open = { state: "signed", broadcastAt: null, minedAt: null, minedHash: null, settledAt: null } as const;
      const amounts = {
        ...{ value: value.toString(), gas: gas.toString() },
        ...{ l1Fee: l1Fee.toString(), cost: cost.toString() },
      };
      const record = { id, chain, sender, nonce, to, data, ...amounts, attempts: [attempt], ...open };
      return await this.#journal.add(record, token);
    });
    void this.#poll();
    void broadcast(this.#p, item);
    return item;
  }

  /**
   * Follows what there already is of an id to its receipt. `unsettled` = it had no effect, but could still get one after a
   * reorganisation; undefined = the id may have a new transaction.
   */
  async landed(id: string): Promise<Outcome | "unsettled" | undefined> {
    const known = await this.#find(id);
    if (known instanceof InFlight) {
      const found = known.waiting ? undefined : await this.#following.recheck(known);
      if (found === undefined) return await this.wait(known.landed);
      if (found.record.state === "mined") return found;
      await this.#following.settleNow(known);
      if (known.record.settledAt === null) return "unsettled";
    }
    // As it ended, not as it was before: a reorganisation may have made a success of what had reverted.
    const record = known instanceof InFlight ? known.record : known;
    return record?.state === "mined" ? await this.#finalReceipt(record) : undefined;
  }

  /** Follows what there is of an id until it is final; undefined = there is nothing. */
  async final(id: string): Promise<Outcome | undefined> {
    const known = await this.#find(id);
    if (known instanceof InFlight) return await this.wait(known.final);
    return known?.minedHash == null ? known && { record: known } : await this.#finalReceipt(known);
  }

  async wait(outcome: Waiters<Outcome>): Promise<Outcome> {
    if (this.#p.signal.aborted) throw stopped(this.#p.chain);
    return await outcome.wait();
  }

  #find(id: string): Promise<TransactionRecord | InFlight | undefined> {
    return this.#journal.exclusive(async () => {
      await this.ready();
      return await this.#journal.find(id);
    });
  }

  async #finalReceipt(record: TransactionRecord): Promise<Outcome> {
    const { chain, settledTag, client } = this.#p;
    const { id, nonce, minedHash } = record;
    const receipt = minedHash === null ? undefined : await receiptOf(client, minedHash);
    if (receipt !== undefined) return { record, receipt };
    throw new HeraldError({
      code: "SEND_FINAL_RECEIPT_MISSING",
      message: "The providers do not know a transaction that is final.",
      facts: { chain, id, nonce, hash: minedHash, settledTag },
      fix: "Use providers that keep receipts. If the chain did reorganise beyond this tag, its finality cannot be relied upon.",
      actor: "operator",
      retry: { afterMs: 10_000 },
    });
  }

  async #load(): Promise<void> {
    const { chain, log } = this.#p;
    // Before the lease: who cannot work must not keep others from it.
    await this.#knowChain();
    const items = await this.#journal.load();
    await this.#nonces.load();
    if (items.length > 0) log.info("open transactions taken up", { chain, count: items.length });
    void this.#poll();
    // In order and before any new nonce, so that no node has to queue what it may drop.
    for (const item of items) if (item.waiting) await broadcast(this.#p, item);
  }

  async #knowChain(): Promise<void> {
    const { client, chain, chainId, limits } = this.#p;
    if (this.#takesL1Fee !== undefined) return;
    const answered = await client.getChainId();
    if (answered !== chainId) {
      throw new HeraldError({
        code: "SEND_WRONG_CHAIN",
        message: "The providers belong to another chain.",
        facts: { chain, expected: chainId, answered },
        fix: "Correct the chain's providers or its chain id.",
        actor: "operator",
        retry: { afterMs: 10_000 },
      });
    }
    const limited = limits.maxCost !== undefined || limits.maxPerDay !== undefined;
    this.#takesL1Fee = limited && (await takesL1Fee(client));
  }

  async #poll(): Promise<void> {
    const { pollMs, chain, clock, log, signal } = this.#p;
    if (this.#polling) return;
    this.#polling = true;
    for (let round = 1; this.#journal.items.length > 0 && !signal.aborted; round++) {
      await clock.sleep(pollMs, signal);
      const lookBack = round % LOOK_BACK_EVERY === 0;
      if (signal.aborted || (this.idle && !lookBack)) continue;
      try {
        const latest = await this.#following.look();
        await this.#fillGaps(latest);
        if (lookBack) await this.#following.lookBack(latest);
      } catch (error) {
        log.warn("open transactions could not be looked at; trying again", { chain, error: formatError(error) });
      }
    }
    this.#polling = false;
  }

  async #fillGaps(latest: number): Promise<void> {
    const { account, clock } = this.#p;
    const holes = this.#gaps.due(this.#journal.items, latest);
    for (let i = 0; i < holes; i++) {
      await this.submit({ id: `gap/${latest}/${clock.now()}/${i}`, to: account.address, data: "0x" });
    }
  }
}

/** The error of everything that was still waiting when the sender was stopped. */
export function stopped(chain: string): HeraldError {
  return new HeraldError({
    code: "SEND_STOPPED",
    message: "The sender was stopped; what is signed will be taken up at the next start.",
    facts: { chain },
    actor: "operator",
    retry: "now",
  });
}
