import type { HeraldError } from "@herald/wire/errors";
import { DailySpending } from "./dailySpending.js";
import { InFlight } from "./inFlight.js";
import type { LaneParameters } from "./laneParameters.js";
import { SenderLease } from "./senderLease.js";
import type { TransactionRecord } from "./transactionStore.js";

/** The records of one lane that are not final, in memory and in the store; both change together, one at a time. */
export class Journal {
  readonly #p: LaneParameters;
  readonly spending: DailySpending;
  readonly lease: SenderLease;
  readonly #open = new Map<string, InFlight>();
  #loaded: Promise<void> | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parameters: LaneParameters) {
    this.#p = parameters;
    this.spending = new DailySpending(parameters);
    this.lease = new SenderLease(parameters);
  }

  /** Everything that is not final, by nonce. */
  get items(): readonly InFlight[] {
    return [...this.#open.values()].sort((a, b) => a.nonce - b.nonce);
  }

  /** Runs `load` once; again after the store failed, since what it kept is then unknown. */
  ready(load: () => Promise<void>): Promise<void> {
    this.#loaded ??= load().catch((error: unknown) => {
      this.#loaded = undefined;
      throw error;
    });
    return this.#loaded;
  }

  /**
   * Takes up what the store has and memory has not; gives what is new, by nonce.
   * @throws HeraldError SEND_LEASE_HELD
   */
  async load(): Promise<readonly InFlight[]> {
    if (await this.lease.hold()) this.#drop(this.lease.lostError());
    const { token } = this.lease;
    await this.spending.load();
    const records = await this.#p.store.unfinished(this.#p.chain, this.#p.account.address);
    // What was read under an older lease may be old; adopted, it would hide what others signed since.
    if (token !== this.lease.token) throw this.#lost();
    const unknown = records.filter((record) => !this.#open.has(record.id));
    return unknown.sort((a, b) => a.nonce - b.nonce).map((record) => this.#adopt(record));
  }

  /** Prolongs the lease; where that is not possible, somebody else goes on from here. */
  async renew(): Promise<void> {
    if (!(await this.lease.renew())) throw this.#lost();
  }

  /**
   * What is known of an id: open, or a record that is final. To be called under the lock: a record read beside a write could miss the
   * attempt that lands.
   * @throws HeraldError SEND_LEASE_LOST
   */
  async find(id: string): Promise<TransactionRecord | InFlight | undefined> {
    const { chain, account, store } = this.#p;
    const item = this.#open.get(id);
    if (item !== undefined) return item;
    const record = await store.find(chain, account.address, id);
    // Everything that is not final is open here, unless somebody else has the lease by now.
    if (record?.settledAt === null) throw this.#lost();
    return record;
  }

  /**
   * Writes a new record and tracks it. To be called under the lock, with the token under which its nonce was chosen: with a newer one,
   * somebody else may have signed that nonce in between.
   */
  async add(record: TransactionRecord, token: number): Promise<InFlight> {
    await this.#save(record, token);
    return this.#adopt(record);
  }

  /**
   * Changes an open record; `edit` sees it as it is under the lock and gives undefined to leave it. False where nothing was changed, also
   * because the item is not open any more: its id may have a newer record, which an old one must never overwrite.
   */
  change(
    item: InFlight,
    edit: (record: TransactionRecord) => Promise<TransactionRecord | undefined> | TransactionRecord | undefined,
  ): Promise<boolean> {
    return this.exclusive(async () => {
      const { id } = item.record;
      const { token } = this.lease;
      if (this.#open.get(id) !== item) return false;
      const record = await edit(item.record);
      if (record === undefined) return false;
      await this.#save(record, token);
      item.record = record;
      if (record.settledAt !== null) this.#open.delete(id);
      return true;
    });
  }

  /** One at a time: nonces and records change under this lock only. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work, work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** What is in memory is old: the store has to be read again, under a new lease. */
  #lost(): HeraldError {
    this.#loaded = undefined;
    this.lease.forget();
    const error = this.lease.lostError();
    this.#drop(error);
    return error;
  }

  #drop(error: HeraldError): void {
    const dropped = [...this.#open.values()];
    this.#open.clear();
    for (const item of dropped) item.abandon(error);
  }

  #adopt(record: TransactionRecord): InFlight {
    const item = new InFlight(record, this.#p.clock.now() + this.#p.escalateAfterMs);
    this.#open.set(record.id, item);
    return item;
  }

  async #save(record: TransactionRecord, token: number): Promise<void> {
    try {
      if (!(await this.#p.store.save(record, token))) throw this.#lost();
      this.spending.note(record);
    } catch (error) {
      // Whether it was written is unknown, and with it which nonces are taken: read everything again first.
      this.#loaded = undefined;
      throw error;
    }
  }
}
