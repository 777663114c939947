import { HeraldError } from "@herald/wire/errors";
import type { LaneParameters } from "./laneParameters.js";

/** The right to write for one (chain, key), shared with other processes on the same store. */
export class SenderLease {
  readonly #p: LaneParameters;
  #token: number | undefined;

  constructor(parameters: LaneParameters) {
    this.#p = parameters;
  }

  /** The token of every write. 0 is older than any lease. */
  get token(): number {
    return this.#token ?? 0;
  }

  /**
   * Takes the lease, or prolongs it. True if it is a new one: others may have written meanwhile.
   * @throws HeraldError SEND_LEASE_HELD while another process has it
   */
  async hold(): Promise<boolean> {
    const { chain, account, store, holder, leaseMs } = this.#p;
    if (await this.renew()) return false;
    this.#token = undefined;
    this.#token = await store.acquire(chain, account.address, holder, leaseMs);
    if (this.#token !== undefined) return true;
    throw new HeraldError({
      code: "SEND_LEASE_HELD",
      message: "Another process sends with this key.",
      facts: { chain, sender: account.address, holder },
      fix: "Nothing, if both are meant to share the key: this one takes over when the other stops. Else stop one of them.",
      actor: "operator",
      retry: { afterMs: Math.ceil(leaseMs / 3) },
    });
  }

  /** False where there is no lease, or somebody has a newer one. */
  async renew(): Promise<boolean> {
    const { chain, account, store, leaseMs } = this.#p;
    return this.#token !== undefined && (await store.renew(chain, account.address, this.#token, leaseMs));
  }

  forget(): void {
    this.#token = undefined;
  }

  /** The error for everyone who waited for something under an older lease. */
  lostError(): HeraldError {
    const { chain, account, holder } = this.#p;
    return new HeraldError({
      code: "SEND_LEASE_LOST",
      message: "Another process took over this key; what was signed is in its hands now.",
      facts: { chain, sender: account.address, holder },
      fix: "Nothing; ask again under the same id.",
      actor: "operator",
      retry: { afterMs: 1_000 },
    });
  }

  /** Lets the next process in at once, instead of when the lease runs out. */
  async release(): Promise<void> {
    const { chain, account, store } = this.#p;
    if (this.#token !== undefined) await store.renew(chain, account.address, this.#token, 0);
    this.#token = undefined;
  }
}
