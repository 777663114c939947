import { z } from "zod";
import type { Answer } from "./answer.js";
import { quantity } from "./normalize.js";

const numbered = z.object({ number: quantity.transform(BigInt) });
/** A provider's head is compared with only this long after it was told: blocks come fast on some chains. */
const COMPARED_MS = 500;
/** Different heads at which a provider's tag must be no lower than its head before it is reported. */
const PROOFS = 5;

interface Suspicion {
  readonly number: bigint;
  readonly proofs: number;
}

/**
 * Finds providers that answer `safe` or `finalized` with their latest block, as gateways do that do not know these tags. The quorum takes
 * the highest block that m providers have under a tag, so fewer than m of them do no harm; but whoever runs the relayer should know.
 */
export class TagAliases {
  readonly #heads = new Map<string, { readonly number: bigint; readonly at: number }>();
  readonly #suspicions = new Map<string, Suspicion>();
  readonly #onFound: (provider: string, tag: string, number: bigint) => void;

  constructor(onFound: (provider: string, tag: string, number: bigint) => void) {
    this.#onFound = onFound;
  }

  /** What providers answered to eth_getBlockByNumber with this tag. */
  note(tag: string, answers: readonly Answer[], now: number): void {
    for (const answer of answers) {
      const number = answer.kind === "result" ? numbered.safeParse(answer.value).data?.number : undefined;
      if (number === undefined) continue;
      if (tag === "latest") this.#heads.set(answer.provider, { number, at: now });
      else this.#compare(answer.provider, tag, number, now);
    }
  }

  #compare(provider: string, tag: string, number: bigint, now: number): void {
    const head = this.#heads.get(provider);
    if (head === undefined || now - head.at > COMPARED_MS) return;
    const key = `${provider} ${tag}`;
    if (number < head.number) {
      this.#suspicions.delete(key);
      return;
    }
    const before = this.#suspicions.get(key);
    if (before?.number === number) return;
    const proofs = (before?.proofs ?? 0) + 1;
    this.#suspicions.set(key, { number, proofs });
    if (proofs === PROOFS) this.#onFound(provider, tag, number);
  }
}
