import { isHeraldError } from "@herald/wire/errors";
import type { Question } from "./quorumErrors.js";

interface Held {
  readonly question: Question;
  readonly since: number;
  /** Puts the contradicted question again; rejects as it did. */
  readonly again: () => Promise<unknown>;
  /** Under way while somebody asks. */
  looking: Promise<void> | undefined;
}

/**
 * Stops a chain's reads after a contradiction about the chain itself: while providers tell two stories, what they agree on may be the
 * smaller part of a lie. The next read puts the contradicted question again first, and the lane goes on as soon as that is no longer a
 * contradiction, whatever else it is: a lane must not stand still for a block that nobody has any more.
 */
export class LaneHold {
  #held: Held | undefined;
  readonly #onRelease: (question: Question, heldMs: number) => void;

  constructor(onRelease: (question: Question, heldMs: number) => void) {
    this.#onRelease = onRelease;
  }

  /** The first contradiction is the one that is waited for; what else there is shows when the lane goes on. */
  hold(question: Question, again: () => Promise<unknown>): void {
    this.#held ??= { question, since: Date.now(), again, looking: undefined };
  }

  /** @throws HeraldError CHAIN_QUORUM_DISAGREEMENT while the lane is held */
  async pass(): Promise<void> {
    const held = this.#held;
    if (held === undefined) return;
    held.looking ??= this.#look(held).finally(() => {
      held.looking = undefined;
    });
    await held.looking;
  }

  async #look(held: Held): Promise<void> {
    await held.again().catch((error: unknown) => {
      if (isHeraldError(error) && error.code === "CHAIN_QUORUM_DISAGREEMENT") throw error;
    });
    if (this.#held !== held) return;
    this.#held = undefined;
    this.#onRelease(held.question, Date.now() - held.since);
  }
}
