import type { PublicClient } from "viem";
import type { TransactionStore } from "../../src/send/transactionStore.js";

/** Boundaries between the sender and what outlives it: each is crossed twice, on the way there and on the way back. */
export type Boundary = "lease" | "find" | "unfinished" | "save" | "broadcast" | "receipt";

/**
 * A process that dies at a chosen crossing: from then on nothing it does reaches store or chain. Between the two crossings of a call its
 * effect happens, so dying at the second one means that the effect is there and nobody knows.
 */
export class MortalProcess {
  readonly store: TransactionStore;
  readonly client: PublicClient;
  readonly #death = new AbortController();
  readonly #diesAt: number;
  #crossings = 0;

  constructor(store: TransactionStore, client: PublicClient, diesAt: number) {
    this.#diesAt = diesAt;
    this.store = {
      find: (...call) => this.#cross("find", () => store.find(...call)),
      unfinished: (...call) => this.#cross("unfinished", () => store.unfinished(...call)),
      highestFinalNonce: (...call) => this.#cross("unfinished", () => store.highestFinalNonce(...call)),
      spentOn: (...call) => this.#cross("unfinished", () => store.spentOn(...call)),
      acquire: (...call) => this.#cross("lease", () => store.acquire(...call)),
      renew: (...call) => this.#cross("lease", () => store.renew(...call)),
      save: (...call) => this.#cross("save", () => store.save(...call)),
    };
    this.client = {
      ...client,
      sendRawTransaction: (call) => this.#cross("broadcast", () => client.sendRawTransaction(call)),
      getTransactionReceipt: (call) => this.#cross("receipt", () => client.getTransactionReceipt(call)),
    };
  }

  get crossings(): number {
    return this.#crossings;
  }

  /** Aborts when the process dies. */
  get signal(): AbortSignal {
    return this.#death.signal;
  }

  end(): void {
    this.#death.abort();
  }

  async #cross<T>(what: Boundary, call: () => Promise<T>): Promise<T> {
    this.#step(what);
    const result = await call();
    this.#step(what);
    return result;
  }

  #step(what: Boundary): void {
    if (++this.#crossings === this.#diesAt) this.end();
    if (this.signal.aborted) throw new Error(`crash at ${what}`);
  }
}
