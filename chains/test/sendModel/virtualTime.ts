import type { Clock } from "../../src/send/clock.js";

/** Time that jumps to whatever is next as soon as nothing runs any more: hours pass in a moment, the same way every time. */
export class VirtualTime implements Clock {
  #now = 1_700_000_000_000;
  #order = 0;
  readonly #waiting: { readonly at: number; readonly order: number; readonly resume: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  /** No process ends in order here, it dies; so nobody listens to a signal. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.at(this.#now + ms, resolve));
  }

  /** Calls `resume` at a time. */
  at(time: number, resume: () => void): void {
    const it = { at: Math.max(time, this.#now), order: this.#order++, resume };
    let place = this.#waiting.length;
    while (place > 0 && isAfter(this.#waiting[place - 1], it)) place--;
    this.#waiting.splice(place, 0, it);
  }

  /** Runs until `done`; false if that is not so at `deadline`. */
  async run(done: () => boolean, deadline: number): Promise<boolean> {
    for (;;) {
      // Everything that needs no time happens before this comes back.
      await new Promise((resolve) => setImmediate(resolve));
      if (done()) return true;
      const next = this.#waiting[0];
      if (next === undefined || next.at > deadline) return false;
      this.#waiting.shift();
      this.#now = next.at;
      next.resume();
    }
  }
}

function isAfter(a: { at: number; order: number } | undefined, b: { at: number; order: number }): boolean {
  return a !== undefined && (a.at > b.at || (a.at === b.at && a.order > b.order));
}
