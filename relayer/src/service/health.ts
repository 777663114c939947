import type { Explanation } from "@herald/workflows/effects/outbox";

/** What keeps a part of the relayer from its work, in the form a request's own reason has. */
export type Problem = Explanation;

/** What keeps each part of the relayer from its work, one problem a part; a part without an entry is well. */
export class Health {
  readonly #problems = new Map<string, Problem>();

  /** `null` = the part is well (again). */
  set(part: string, problem: Problem | null): void {
    if (problem === null) this.#problems.delete(part);
    else this.#problems.set(part, problem);
  }

  problem(part: string): Problem | undefined {
    return this.#problems.get(part);
  }

  /** One sentence a part. */
  problems(): readonly string[] {
    return [...this.#problems].map(
      ([part, { code, reason }]) => `${part}: ${code === null ? "" : `${code}: `}${reason}`,
    );
  }
}
