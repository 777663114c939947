import type { InFlight } from "./inFlight.js";
import type { LaneParameters } from "./laneParameters.js";

/** Most holes filled at once. */
const MOST = 16;

/** Notices nonces nobody uses below what waits (a foreign transaction vanished, a count was wrong): they hold all of it up. */
export class Gaps {
  readonly #p: LaneParameters;
  #since: number | undefined;

  constructor(parameters: LaneParameters) {
    this.#p = parameters;
  }

  /** How many to fill now: the holes there are, once they have been there for a while. */
  due(items: readonly InFlight[], latest: number): number {
    const held = new Set(items.map((it) => it.nonce));
    const highest = items.findLast((it) => it.waiting)?.nonce ?? latest;
    let holes = 0;
    for (let nonce = latest; nonce < highest && holes < MOST; nonce++) if (!held.has(nonce)) holes++;
    const now = this.#p.clock.now();
    if (holes === 0) this.#since = undefined;
    else if (this.#since === undefined) this.#since = now;
    else if (now - this.#since > 2 * this.#p.rebroadcastAfterMs) {
      this.#since = undefined;
      this.#p.log.warn("nonces below the waiting transactions are unused; filling them", {
        chain: this.#p.chain,
        latest,
        holes,
      });
      return holes;
    }
    return 0;
  }
}
