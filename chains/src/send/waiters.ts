/** Those who wait for something that happens once, unless a reorganisation undoes it. */
export class Waiters<T> {
  #value: T | undefined;
  #over: { readonly error: unknown } | undefined;
  #waiting: { readonly resolve: (value: T) => void; readonly reject: (error: unknown) => void }[] = [];

  wait(): Promise<T> {
    if (this.#value !== undefined) return Promise.resolve(this.#value);
    if (this.#over !== undefined) return Promise.reject(this.#over.error);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  resolve(value: T): void {
    this.#value = value;
    for (const waiter of this.#waiting.splice(0)) waiter.resolve(value);
  }

  /** Tells those who wait now why it takes long; it may still happen. */
  reject(error: unknown): void {
    for (const waiter of this.#waiting.splice(0)) waiter.reject(error);
  }

  /** It will not be known here any more. */
  end(error: unknown): void {
    this.#over = { error };
    this.reject(error);
  }

  undo(): void {
    this.#value = undefined;
  }
}
