/** Lets a loop sleep until there is work for it. A wake that comes while the loop is busy ends its next sleep at once. */
export class Wake {
  #woken = false;
  #end: () => void = () => undefined;

  readonly wake = (): void => {
    this.#woken = true;
    this.#end();
  };

  /** Returns when woken, after `ms`, or when `signal` aborts; whether it was woken. */
  async sleep(ms: number, signal: AbortSignal): Promise<boolean> {
    if (!this.#woken && !signal.aborted) {
      // By hand: AbortSignal.any on a signal that lives as long as the process leaks on Node 20.
      await new Promise<void>((resolve) => {
        const end = (): void => {
          clearTimeout(timer);
          signal.removeEventListener("abort", end);
          this.#end = () => undefined;
          resolve();
        };
        const timer = setTimeout(end, ms);
        signal.addEventListener("abort", end, { once: true });
        this.#end = end;
      });
    }
    const woken = this.#woken;
    this.#woken = false;
    return woken;
  }
}
