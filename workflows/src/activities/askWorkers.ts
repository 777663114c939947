import type { SignedAnswer } from "@herald/wire/answer";
import { formatFact, isHeraldError } from "@herald/wire/errors";
import type { Hex } from "viem";

/** A checked answer of one worker, and who operates it. */
export interface Vote {
  readonly operator: string;
  readonly output: Hex;
  readonly signed: SignedAnswer;
}

/** k votes for the same answer, or why there are not as many. */
export type Poll =
  | { readonly agreed: readonly Vote[] }
  | { readonly agreed: null; readonly most: number; readonly failures: Readonly<Record<string, string>> };

/**
 * Asks `k` workers at once, and the next one as soon as one fails or says something else, until k of distinct operators agree or nobody
 * is left. What is still under way then is called off.
 */
export async function askWorkers<Worker extends { readonly name: string }>(parameters: {
  readonly workers: readonly Worker[];
  readonly k: number;
  ask(worker: Worker, signal: AbortSignal): Promise<Vote>;
  onFailure(worker: Worker, reason: string): void;
  readonly signal: AbortSignal;
}): Promise<Poll> {
  const { workers, k, ask, onFailure, signal } = parameters;
  const enough = new AbortController();
  const limit = AbortSignal.any([signal, enough.signal]);
  const votes = new Map<string, Map<string, Vote>>();
  const failures: Record<string, string> = {};
  const asking = new Map<Worker, Promise<Worker>>();
  const queue = [...workers];

  const most = (): number => Math.max(0, ...[...votes.values()].map((it) => it.size));

  const count = (vote: Vote): void => {
    const key = `${vote.signed.answer.status}/${vote.signed.answer.evidenceHash}`;
    const same = votes.get(key) ?? new Map<string, Vote>();
    if (!same.has(vote.operator)) same.set(vote.operator, vote);
    votes.set(key, same);
  };

  const start = (worker: Worker): void => {
    const asked = ask(worker, limit)
      .then(count)
      .catch((error: unknown) => {
        if (limit.aborted) return;
        failures[worker.name] = describe(error);
        onFailure(worker, failures[worker.name] ?? "");
      });
    asking.set(
      worker,
      asked.then(() => worker),
    );
  };

  try {
    for (;;) {
      signal.throwIfAborted();
      while (queue.length > 0 && asking.size + most() < k) {
        const [next] = queue.splice(0, 1);
        if (next !== undefined) start(next);
      }
      if (asking.size === 0) return { agreed: null, most: most(), failures };
      asking.delete(await Promise.race(asking.values()));
      const agreed = [...votes.values()].find((it) => it.size >= k);
      if (agreed !== undefined) return { agreed: [...agreed.values()].slice(0, k) };
    }
  } finally {
    enough.abort();
  }
}

/** Facts everybody knows who reads the reason. */
const KNOWN_FACTS = ["requestId", "worker", "url"];

function describe(error: unknown): string {
  if (!isHeraldError(error)) return String(error);
  const facts = Object.entries(error.facts)
    .filter(([name, value]) => !KNOWN_FACTS.includes(name) && value !== undefined)
    .map(([name, value]) => `${name} ${formatFact(value)}`);
  return `${error.code}: ${error.message}${facts.length === 0 ? "" : ` [${facts.join(", ")}]`}`;
}
