import { isHeraldError } from "@herald/wire/errors";
import { z } from "zod";
import { agreeSharedBlock, agreeTag } from "./agreeBlock.js";
import type { Asker } from "./asker.js";
import { block, data, quantity } from "./normalize.js";
import { callUnsupported, type Question, quorumUnavailable } from "./quorumErrors.js";
import { type Reading, SharedHeads } from "./sharedHeads.js";
import type { TagAliases } from "./tagAliases.js";

const headForm = z.object({ number: quantity, hash: data });

/** Blocks by tag or number, and the blocks that reads of state are pinned to. */
export class Heads {
  readonly #asker: Asker;
  readonly #aliases: TagAliases;
  readonly #shared = new SharedHeads<unknown>((head) => BigInt(headForm.parse(head).number));

  constructor(asker: Asker, aliases: TagAliases) {
    this.#asker = asker;
    this.#aliases = aliases;
  }

  /** A block was shown to a caller, see `SharedHeads.shown`. */
  shown(number: bigint): void {
    this.#shared.shown(number);
  }

  /** eth_getBlockByNumber. */
  async read(question: Question): Promise<unknown> {
    const [at, full] = question.params;
    if (at === "pending") throw callUnsupported(question, "Read latest, safe, finalized, or a number.");
    const rules = { form: block, nullable: true };
    if (at !== undefined && !isTag(at)) return await this.#asker.askExactly(question, rules, { holds: true });
    const tag = at ?? "latest";
    if (full === true) return await this.#readTagged({ ...question, params: [tag, true] });
    return await heard(
      question,
      this.#shared.current(tag, () => this.#reading(question, tag)),
    );
  }

  /** The number of the block m providers share under a tag. */
  async numberAt(question: Question, tag: Tag): Promise<bigint> {
    return BigInt((await this.#recent(question, tag)).number);
  }

  /**
   * Puts a question about state with its block given by hash (EIP-1898): so providers a block apart do not look like liars, and a
   * reorganisation in between cannot mix two chains. `at` is the block's place among the parameters.
   *
   * While the head is being asked for, the question is already put at the one before: blocks are rarer than reads, so mostly it has not
   * changed, and then the answer is there with the head instead of after it. Where it has, the question is put again at the new one.
   */
  async readPinned<T>(question: Question, at: number, ask: (pinned: Question) => Promise<T>): Promise<T> {
    const tag = stateTag(question, at);
    if (tag === undefined) return await ask(question);
    const before = this.#shared.isFresh(tag) ? undefined : headForm.safeParse(this.#shared.last(tag)).data;
    const guess = before && pinAt({ ...question, asked: [] }, at, before.hash);
    const guessed = guess && ask(guess);
    // If the head has changed, nobody looks at it any more.
    guessed?.catch(() => undefined);
    const { hash } = await this.#recent(question, tag);
    if (guess === undefined || guessed === undefined || hash !== before?.hash) {
      return await ask(pinAt(question, at, hash));
    }
    return await heard(question, { value: guessed, asked: guess.asked });
  }

  /** The question with its block given by hash as in `readPinned`, for those too dear to be put in vain. */
  async withHash(question: Question, at: number): Promise<Question> {
    const tag = stateTag(question, at);
    return tag === undefined ? question : pinAt(question, at, (await this.#recent(question, tag)).hash);
  }

  /** The question with its block given by number, for methods that take no hash. */
  async withNumber(question: Question, at: number): Promise<Question> {
    const given = question.params[at] ?? "latest";
    if (given === "pending") throw callUnsupported(question, "Ask up to latest, or up to a block.");
    if (!isTag(given)) return question;
    const params = [...question.params];
    params[at] = (await this.#recent(question, given)).number;
    return { ...question, params };
  }

  async #recent(question: Question, tag: Tag): Promise<z.infer<typeof headForm>> {
    const reading = this.#shared.recent(tag, () => this.#reading(question, tag));
    return headForm.parse(await heard(question, reading));
  }

  #reading(question: Question, tag: Tag): Reading<unknown> {
    const asked: Question["asked"] = [];
    const tagged = { ...question, method: "eth_getBlockByNumber", params: [tag, false], asked };
    return { asked, value: this.#readTagged(tagged) };
  }

  /** The block m providers have under a tag, or else the highest that m of them have reached under it. */
  async #readTagged(tagged: Question): Promise<unknown> {
    const tag = String(tagged.params[0]);
    const said = await this.#asker.ask(tagged, agreeTag(tagged), {}, (answers) =>
      this.#aliases.note(tag, answers, Date.now()),
    );
    if ("block" in said) return said.block;
    for (const [i, number] of said.numbers.entries()) {
      const isLast = i === said.numbers.length - 1;
      try {
        return await this.#readShared({ ...tagged, params: [number, tagged.params[1]] }, isLast);
      } catch (error) {
        // A liar ahead can spoil a block that an honest provider does not have yet, but not one that more of them have.
        if (isLast || !isHeraldError(error)) throw error;
      }
    }
    throw quorumUnavailable(tagged, []);
  }

  async #readShared(shared: Question, isLast: boolean): Promise<unknown> {
    const noteOutvoted = this.#asker.noteOutvoted.bind(this.#asker, shared, { form: block });
    const manner = isLast ? { holds: true } : { tentative: true };
    return await this.#asker.ask(shared, agreeSharedBlock(shared), manner, noteOutvoted);
  }
}

/** The tag that state is to be read under; undefined = at a block that is given. */
function stateTag(question: Question, at: number): Tag | undefined {
  const given = question.params[at] ?? "latest";
  if (given === "pending") throw callUnsupported(question, "Read the state at latest, or at a block.");
  return isTag(given) ? given : undefined;
}

function pinAt(question: Question, at: number, blockHash: string): Question {
  const params = [...question.params];
  params[at] = { blockHash };
  return { ...question, params };
}

/** What a shared reading rests on belongs to every read that uses it. */
async function heard<T>(question: Question, reading: Reading<T>): Promise<T> {
  try {
    return await reading.value;
  } finally {
    question.asked.push(...reading.asked);
  }
}

type Tag = "latest" | "safe" | "finalized";

function isTag(value: unknown): value is Tag {
  return value === "latest" || value === "safe" || value === "finalized";
}
