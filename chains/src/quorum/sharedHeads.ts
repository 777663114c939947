import type { Question } from "./quorumErrors.js";

/**
 * How old a head may be that a read of state stands on, in milliseconds from when it was asked for. Far below any block time, so a read is
 * no more behind than with a provider whose connection is slow.
 */
export const HEAD_FRESH_MS = 50;

/** A head on its way, or there. */
export interface Reading<T> {
  readonly value: Promise<T>;
  /** What was asked for it so far. */
  readonly asked: Question["asked"];
}

interface Head<T> {
  readonly askedAt: number;
  readonly reading: Reading<T>;
  /** Known once agreed on. */
  number?: bigint;
}

/**
 * Heads the providers agreed on, by tag, for reads that come close together: one agreement instead of one for each. A read never stands on
 * a head older than HEAD_FRESH_MS, unless it is still being agreed on, and never on one below a block that this client has already shown.
 */
export class SharedHeads<T> {
  readonly #heads = new Map<string, Head<T>>();
  readonly #last = new Map<string, T>();
  readonly #numberOf: (head: T) => bigint;
  /** The highest block known to callers; follows the agreed head down after a reorganisation. */
  #highest = -1n;

  constructor(numberOf: (head: T) => bigint) {
    this.#numberOf = numberOf;
  }

  /** A head to read state at. */
  recent(tag: string, read: () => Reading<T>): Reading<T> {
    const head = this.#heads.get(tag);
    const usable = head !== undefined && (head.number === undefined || Date.now() - head.askedAt <= HEAD_FRESH_MS);
    return usable ? head.reading : this.#ask(tag, read);
  }

  /** The head itself, for a caller who wants to know whether there is a new one: asked anew unless that is just being done. */
  current(tag: string, read: () => Reading<T>): Reading<T> {
    const head = this.#heads.get(tag);
    return head !== undefined && head.number === undefined ? head.reading : this.#ask(tag, read);
  }

  /** The head agreed on last, however old. */
  last(tag: string): T | undefined {
    return this.#last.get(tag);
  }

  /** Whether `recent` has its answer at hand. */
  isFresh(tag: string): boolean {
    const head = this.#heads.get(tag);
    return head?.number !== undefined && Date.now() - head.askedAt <= HEAD_FRESH_MS;
  }

  /** A block was shown to a caller: whoever reads after that must not find the state before it. */
  shown(number: bigint): void {
    if (number <= this.#highest) return;
    this.#highest = number;
    this.#heads.delete("latest");
  }

  #ask(tag: string, read: () => Reading<T>): Reading<T> {
    const reading = read();
    const head: Head<T> = { askedAt: Date.now(), reading };
    this.#heads.set(tag, head);
    reading.value.then(
      (value) => {
        head.number = this.#numberOf(value);
        this.#last.set(tag, value);
        if (tag === "latest" && this.#heads.get(tag) === head) this.#highest = head.number;
      },
      () => {
        if (this.#heads.get(tag) === head) this.#heads.delete(tag);
      },
    );
    return reading;
  }
}
