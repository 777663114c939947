import type { Journal } from "./journal.js";
import type { LaneParameters } from "./laneParameters.js";

/** How many transactions the chain counts, and when it was asked. */
export interface UsedNonces {
  readonly count: number;
  readonly askedAt: number;
}

/**
 * Gives out nonces. A nonce is derived, never counted: the lowest that neither the chain has used nor an open record holds. So a gap
 * closes by itself with the next transaction, and a provider that counts too little leads to no nonce of ours twice.
 */
export class Nonces {
  readonly #p: LaneParameters;
  readonly #journal: Journal;
  /**
   * One above the highest nonce of ours that is final, by this process or one before it: nothing below can be free, whatever a provider
   * counts.
   */
  #finalFloor = 0;
  /** Lowest nonce believed free although a lagging provider may not say so yet; trusted for a short time only. */
  #floor = { nonce: 0, until: 0 };
  /** What the chain counts as of the last time it was asked, so that those who queue for a nonce need not ask again one by one. */
  #newest: UsedNonces = { count: 0, askedAt: Number.NEGATIVE_INFINITY };

  constructor(parameters: LaneParameters, journal: Journal) {
    this.#p = parameters;
    this.#journal = journal;
  }

  count(blockTag: "latest" | "safe" | "finalized"): Promise<number> {
    return this.#p.client.getTransactionCount({ address: this.#p.account.address, blockTag });
  }

  async used(): Promise<UsedNonces> {
    const askedAt = this.#p.clock.now();
    const used = { count: await this.count("latest"), askedAt };
    if (askedAt >= this.#newest.askedAt) this.#newest = used;
    return used;
  }

  /** A count that is a moment old will do: what landed since then is still open, or the floor remembers it, for longer than that. */
  async free(): Promise<number> {
    const fresh = this.#p.clock.now() - this.#newest.askedAt < this.#p.rebroadcastAfterMs / 2;
    const { count } = fresh ? this.#newest : await this.used();
    const latest = Math.max(this.#finalFloor, count);
    const held = new Set(this.#journal.items.map((it) => it.nonce));
    let nonce = this.#p.clock.now() < this.#floor.until ? Math.max(latest, this.#floor.nonce) : latest;
    while (held.has(nonce)) nonce++;
    return nonce;
  }

  /** Takes up what earlier processes, or those that had the lease meanwhile, saw become final. */
  async load(): Promise<void> {
    const { store, chain, account } = this.#p;
    const nonce = await store.highestFinalNonce(chain, account.address);
    if (nonce !== undefined) this.final(nonce);
  }

  /** A nonce used by a transaction of ours that is final. */
  final(nonce: number): void {
    this.#finalFloor = Math.max(this.#finalFloor, nonce + 1);
  }

  /** A nonce seen used. */
  spent(nonce: number): void {
    const until = this.#p.clock.now() + this.#p.rebroadcastAfterMs;
    this.#floor = { nonce: Math.max(this.#floor.nonce, nonce + 1), until };
  }
}
