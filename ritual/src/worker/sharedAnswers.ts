interface Running<T> {
  readonly promise: Promise<T>;
  readonly controller: AbortController;
  callers: number;
}

/**
 * One computation per key: equal calls at the same time share it, later ones get what it gave. Only success is kept, the newest
 * `limit` of them. A computation nobody waits for any more is called off.
 */
export class SharedAnswers<T> {
  readonly #limit: number;
  readonly #done = new Map<string, T>();
  readonly #running = new Map<string, Running<T>>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @throws what `compute` throws; the signal's reason if this caller leaves */
  async get(key: string, signal: AbortSignal, compute: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const known = this.#done.get(key);
    if (known !== undefined) {
      this.#keep(key, known);
      return known;
    }
    const running = this.#running.get(key) ?? this.#start(key, compute);
    running.callers += 1;
    return new Promise((resolve, reject) => {
      const leave = () => {
        running.callers -= 1;
        if (running.callers === 0) {
          this.#forget(key, running);
          running.controller.abort(signal.reason);
        }
        reject(signal.reason);
      };
      signal.addEventListener("abort", leave, { once: true });
      running.promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
    });
  }

  #start(key: string, compute: (signal: AbortSignal) => Promise<T>): Running<T> {
    const controller = new AbortController();
    const running: Running<T> = { promise: compute(controller.signal), controller, callers: 0 };
    this.#running.set(key, running);
    running.promise.then(
      (answer) => {
        this.#forget(key, running);
        this.#keep(key, answer);
      },
      () => this.#forget(key, running),
    );
    return running;
  }

  #keep(key: string, answer: T): void {
    this.#done.delete(key);
    this.#done.set(key, answer);
    const [oldest] = this.#done.keys();
    if (this.#done.size > this.#limit && oldest !== undefined) this.#done.delete(oldest);
  }

  #forget(key: string, running: Running<T>): void {
    // A call that came after this one was called off may have started anew under the same key.
    if (this.#running.get(key) === running) this.#running.delete(key);
  }
}
