import type { Disagreement, QuorumEvent, TagAlias } from "@herald/chains/quorum/quorumEvents";

/** What was found out about a lane's providers: the contradiction that holds it, and who answers which tag with its latest block. */
export class LaneEvents {
  readonly #keepDisagreement: (evidence: Disagreement) => void;
  readonly #aliases = new Map<string, TagAlias>();
  #contradiction: Disagreement | undefined;

  constructor(keepDisagreement: (evidence: Disagreement) => void) {
    this.#keepDisagreement = keepDisagreement;
  }

  readonly note = (event: QuorumEvent): void => {
    if (event.type === "agreement") this.#contradiction = undefined;
    if (event.type === "tagAlias") this.#aliases.set(`${event.provider} ${event.tag}`, event);
    if (event.type !== "disagreement") return;
    if (!event.outvoted) this.#contradiction = event;
    this.#keepDisagreement(event);
  };

  /** The last contradiction that was not outvoted, until the lane goes on. */
  get contradiction(): Disagreement | undefined {
    return this.#contradiction;
  }

  /** One for each provider and tag found out since the start. */
  tagAliases(): readonly TagAlias[] {
    return [...this.#aliases.values()];
  }
}
