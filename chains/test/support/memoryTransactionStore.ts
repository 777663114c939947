import type { Address } from "viem";
import { spendingDay } from "../../src/send/dailySpending.js";
import type { CountedCost, TransactionRecord, TransactionStore } from "../../src/send/transactionStore.js";

/** A store that lives as long as the test: what SQLite keeps over a crash. Records pass through JSON, as they do there. */
export class MemoryTransactionStore implements TransactionStore {
  readonly #records = new Map<string, string>();
  readonly #costs = new Map<string, CountedCost & { readonly day: string }>();

  readonly #leases = new Map<string, { token: number; holder: string; until: number }>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  async acquire(chain: string, sender: Address, holder: string, ms: number): Promise<number | undefined> {
    const lease = this.#leases.get(`${chain}/${sender}`);
    if (lease !== undefined && lease.holder !== holder && this.#now() < lease.until) return undefined;
    const token = (lease?.token ?? 0) + 1;
    this.#leases.set(`${chain}/${sender}`, { token, holder, until: this.#now() + ms });
    return token;
  }

  async renew(chain: string, sender: Address, token: number, ms: number): Promise<boolean> {
    const lease = this.#leases.get(`${chain}/${sender}`);
    if (lease?.token !== token) return false;
    lease.until = this.#now() + ms;
    return true;
  }

  get all(): readonly TransactionRecord[] {
    return [...this.#records.values()].map((text): TransactionRecord => JSON.parse(text));
  }

  async find(chain: string, sender: Address, id: string): Promise<TransactionRecord | undefined> {
    return this.all.find((it) => it.chain === chain && it.sender === sender && it.id === id);
  }

  async unfinished(chain: string, sender: Address): Promise<readonly TransactionRecord[]> {
    return this.all.filter((it) => it.chain === chain && it.sender === sender && it.settledAt === null);
  }

  async save(record: TransactionRecord, token: number): Promise<boolean> {
    const { chain, sender, id, nonce, cost } = record;
    if (this.#leases.get(`${chain}/${sender}`)?.token !== token) return false;
    this.#records.set(`${chain}/${sender}/${id}`, JSON.stringify(record));
    this.#costs.set(`${chain}/${sender}/${nonce}/${id}`, { day: spendingDay(record), id, nonce, cost });
    return true;
  }

  async highestFinalNonce(chain: string, sender: Address): Promise<number | undefined> {
    const open = new Set((await this.unfinished(chain, sender)).map((it) => it.nonce));
    const final = [...this.#costs.values()].filter((it) => it.cost !== "0" && !open.has(it.nonce));
    return final.length === 0 ? undefined : Math.max(...final.map((it) => it.nonce));
  }

  async spentOn(_chain: string, _sender: Address, day: string): Promise<CountedCost[]> {
    return [...this.#costs.values()].filter((it) => it.day === day);
  }
}
