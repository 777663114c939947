import { HeraldError } from "@herald/wire/errors";

interface Entry {
  start(): void;
  readonly refuse: (reason: unknown) => void;
}

/**
 * Runs one task at a time and lets lanes take turns, so that one busy requester delays the others by one task at most. Bounded: what
 * does not fit is told when to come back.
 */
export class FairQueue {
  readonly #limit: number;
  /** Waiting tasks by lane; the map's order is the order of turns. */
  readonly #lanes = new Map<string, Entry[]>();
  #waiting = 0;
  #running = 0;
  #current: Promise<unknown> = Promise.resolve();
  #meanMs = 100;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Runs `task` in its turn; called off while it waits, it never starts.
   * @throws HeraldError WORKER_BUSY if the queue is full; the signal's reason if called off
   */
  async run<T>(lane: string, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    if (this.#running > 0) {
      if (this.#waiting >= this.#limit) throw this.#full();
      await this.#turn(lane, signal);
    } else {
      this.#running = 1;
    }
    const startedAt = performance.now();
    const work = task();
    this.#current = work.catch(() => undefined);
    try {
      return await work;
    } finally {
      this.#meanMs += (performance.now() - startedAt - this.#meanMs) / 8;
      this.#next();
    }
  }

  get running(): number {
    return this.#running;
  }

  /** Done when nothing runs and nothing waits. */
  async idle(): Promise<void> {
    while (this.#running > 0) await this.#current;
  }

  /** Turns away everything that waits. */
  refuseAll(reason: unknown): void {
    for (const entry of [...this.#lanes.values()].flat()) entry.refuse(reason);
  }

  #turn(lane: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#remove(lane, entry);
        signal.removeEventListener("abort", abort);
      };
      const abort = () => entry.refuse(signal.reason);
      const entry: Entry = {
        start: () => {
          leave();
          resolve();
        },
        refuse: (reason) => {
          leave();
          reject(reason);
        },
      };
      signal.addEventListener("abort", abort, { once: true });
      this.#lanes.set(lane, [...(this.#lanes.get(lane) ?? []), entry]);
      this.#waiting += 1;
    });
  }

  #remove(lane: string, entry: Entry): void {
    const rest = (this.#lanes.get(lane) ?? []).filter((other) => other !== entry);
    if (rest.length === 0) this.#lanes.delete(lane);
    else this.#lanes.set(lane, rest);
    this.#waiting -= 1;
  }

  #next(): void {
    const [first] = this.#lanes;
    const [lane, entries] = first ?? [];
    const entry = entries?.[0];
    if (lane === undefined || entry === undefined) {
      this.#running = 0;
      return;
    }
    entry.start();
    // Taken out and put back, the lane waits for its next turn behind the others.
    const rest = this.#lanes.get(lane);
    if (rest !== undefined) {
      this.#lanes.delete(lane);
      this.#lanes.set(lane, rest);
    }
  }

  #full(): HeraldError {
    return new HeraldError({
      code: "WORKER_BUSY",
      message: "The worker's queue for this model is full.",
      facts: { waiting: this.#waiting, limit: this.#limit },
      actor: "upstream",
      retry: { afterMs: Math.max(1_000, Math.ceil((this.#waiting * this.#meanMs) / 2)) },
    });
  }
}
