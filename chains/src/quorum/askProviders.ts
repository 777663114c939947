import type { Answer } from "./answer.js";
import type { RpcCall } from "./provider/exchange.js";
import type { AskedProvider } from "./provider/jsonRpcProvider.js";

/** How long an answer that could still get better waits for the remaining providers, in milliseconds. */
const GRACE_MS = 100;

/** A decision; one that is not settled may improve with the answers still out. */
export interface Verdict<T> {
  readonly value: T;
  readonly settled: boolean;
}

/**
 * Looks at the answers so far; undefined = wait. `pending` counts the providers that have not answered, asked or not. With nothing pending
 * it decides or throws.
 */
export type Decide<T> = (answers: readonly Answer[], pending: number) => Verdict<T> | undefined;

/** Whom to ask. */
export interface Audience {
  /** In the order they are asked. */
  readonly providers: readonly AskedProvider[];
  /** How many are asked at once; the others when one of these is late, has no answer, or says something else. */
  readonly first: number;
}

/** Puts a call to as many providers as it takes, and returns as soon as `decide` does: a slow provider holds nobody up. */
export function askProviders<T>(
  { providers, first }: Audience,
  { method, params }: RpcCall,
  decide: Decide<T>,
  /** Sees every answer once all that were asked have answered, late ones too. */
  onAll: (answers: readonly Answer[]) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const answers: Answer[] = [];
    let asked = 0;
    let done = false;
    let best: Verdict<T> | undefined;
    let grace: NodeJS.Timeout | undefined;
    const hedge = setTimeout(askAll, Math.max(...providers.slice(0, first).map((it) => it.lateAfterMs)));

    function finish(settle: () => void): void {
      if (done) return;
      done = true;
      clearTimeout(grace);
      clearTimeout(hedge);
      settle();
    }

    function consider(): void {
      const pending = providers.length - answers.length;
      try {
        const verdict = decide(answers, pending);
        if (verdict === undefined) {
          const helpless =
            answers.length >= first || answers.some(({ kind }) => kind === "silence" || kind === "wrongChain");
          if (helpless) askAll();
        } else if (verdict.settled || pending === 0) finish(() => resolve(verdict.value));
        else {
          askAll();
          best = verdict;
          grace ??= setTimeout(() => finish(() => best && resolve(best.value)), GRACE_MS);
        }
      } catch (error) {
        finish(() => reject(error));
      }
    }

    function askAll(): void {
      ask(providers.length);
    }

    function ask(upTo: number): void {
      for (const provider of providers.slice(asked, upTo)) {
        asked += 1;
        void provider.call({ method, params }).then((answer) => {
          answers.push(answer);
          if (!done) consider();
          if (done && answers.length === asked) onAll(answers);
        });
      }
    }

    ask(first);
    // Nobody to ask, as in a recording of a read that was never put: decided at once.
    if (providers.length === 0) consider();
  });
}
