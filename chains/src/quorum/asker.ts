import { isHeraldError } from "@herald/wire/errors";
import { agreeExactly, type ExactRules, outvotedProviders } from "./agreement.js";
import type { Answer } from "./answer.js";
import { type Audience, askProviders, type Decide } from "./askProviders.js";
import { LaneHold } from "./laneHold.js";
import type { AskedProvider } from "./provider/jsonRpcProvider.js";
import type { Question } from "./quorumErrors.js";
import type { QuorumJournal } from "./quorumJournal.js";

/** One question in so many goes to every provider, so that one which is never among the first is found lying too. */
const ROLL_CALL_EVERY = 8;

/** Who is asked, and what a contradiction stops. */
export interface Manner {
  /** Ask every provider at once. */
  readonly everyone?: boolean;
  /** A contradiction is about the chain itself and holds the lane, see `LaneHold`. */
  readonly holds?: boolean;
  /** A contradiction is not told, since something else is tried then. */
  readonly tentative?: boolean;
}

/** Puts questions to providers in the order of their scores, and remembers what was asked and who contradicted whom. */
export class Asker {
  readonly #providers: readonly AskedProvider[];
  readonly #journal: QuorumJournal;
  readonly #hold: LaneHold;
  #asked = 0;

  constructor(providers: readonly AskedProvider[], journal: QuorumJournal) {
    this.#providers = providers;
    this.#journal = journal;
    this.#hold = new LaneHold((question, heldMs) => journal.noteAgreement(question, heldMs));
  }

  /** @throws HeraldError CHAIN_QUORUM_DISAGREEMENT while the lane is held */
  pass(): Promise<void> {
    return this.#hold.pass();
  }

  async ask<T>(
    question: Question,
    decide: Decide<T>,
    { everyone = false, holds = false, tentative = false }: Manner = {},
    onAll?: (answers: readonly Answer[]) => void,
  ): Promise<T> {
    const { method, params } = question;
    let heard: readonly Answer[] = [];
    const listening: Decide<T> = (answers, pending) => {
      heard = [...answers];
      return decide(answers, pending);
    };
    try {
      return await askProviders(this.#audience(question, everyone), question, listening, (answers) => {
        this.#journal.notePresence(question, answers);
        onAll?.(answers);
      });
    } catch (error) {
      if (!tentative && isHeraldError(error) && error.code === "CHAIN_QUORUM_DISAGREEMENT") {
        this.#journal.noteDisagreement(question, heard, error, holds);
        if (holds) this.#holdFor(question, decide);
      }
      throw error;
    } finally {
      question.asked.push({ method, params, answers: heard });
    }
  }

  /** Asks for m identical answers, and notes who said otherwise. */
  async askExactly(question: Question, rules: ExactRules, manner: Manner): Promise<unknown> {
    return await this.ask(question, agreeExactly(question, rules), manner, (answers) =>
      this.noteOutvoted(question, rules, answers),
    );
  }

  noteOutvoted(question: Question, rules: ExactRules, answers: readonly Answer[]): void {
    const outvoted = outvotedProviders(question, rules, answers);
    if (outvoted.length === 0) return;
    for (const provider of this.#providers) if (outvoted.includes(provider.name)) provider.outvoted();
    this.#journal.noteDisagreement(question, answers);
  }

  #holdFor<T>(question: Question, decide: Decide<T>): void {
    this.#hold.hold(question, () => askProviders(this.#audience(question, true), question, decide, () => undefined));
  }

  #audience({ quorum }: Question, everyone: boolean): Audience {
    this.#asked += 1;
    const ranked = this.#providers.map((provider) => ({ provider, rank: provider.rank }));
    const providers = ranked.sort((a, b) => (a.rank === b.rank ? 0 : a.rank - b.rank)).map(({ provider }) => provider);
    return { providers, first: everyone || this.#asked % ROLL_CALL_EVERY === 0 ? providers.length : quorum };
  }
}
