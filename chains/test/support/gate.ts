import { http, type Transport } from "viem";

/** Holds back calls to a node while something is done to it: in the middle of a revert, anvil answers from neither state. */
export class Gate {
  readonly #passing = new Set<Promise<unknown>>();
  #opened: Promise<void> | undefined;

  transport(url: string): Transport {
    const open = http(url, { retryCount: 0 });
    return (options) => {
      const transport = open(options);
      const request: typeof transport.request = async (...call) => {
        while (this.#opened !== undefined) await this.#opened;
        const answer = transport.request(...call);
        this.#passing.add(answer);
        try {
          // CAST: what the transport below answers is what this one answers.
          return (await answer) as never;
        } finally {
          this.#passing.delete(answer);
        }
      };
      return { ...transport, request };
    };
  }

  /** Does `work` when no call is on its way; calls made meanwhile go out after it. */
  async closed(work: () => Promise<unknown>): Promise<void> {
    let open: () => void = () => undefined;
    this.#opened = new Promise((resolve) => {
      open = resolve;
    });
    try {
      await Promise.allSettled(this.#passing);
      await work();
    } finally {
      this.#opened = undefined;
      open();
    }
  }
}
