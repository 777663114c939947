import { setTimeout as delay } from "node:timers/promises";

/** Asks until something is there; fails with what was asked for and the last thing seen. */
export async function waitFor<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  timeoutMs = 60_000,
  explain: () => Promise<string> = async () => "",
): Promise<T> {
  for (const until = Date.now() + timeoutMs; Date.now() < until; await delay(50)) {
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Error(`waited ${timeoutMs} ms for ${what}. ${await explain()}`);
}
