import { afterAll, beforeAll, expect } from "vitest";
import { type LocalHerald, startHerald } from "../../local/startHerald.js";
import type { ChainObserver } from "../../observe/observeChain.js";
import { observeOrigins } from "../../observe/observeOrigins.js";
import { type DappUser, dappUser } from "./dappUser.js";

/** A running `herald dev` for the tests of one file. */
export interface Scene {
  readonly herald: LocalHerald;
  readonly observers: Readonly<Record<string, ChainObserver>>;
  readonly user: DappUser;
}

/** Starts one for the file and ends it after; the file fails if a process is left behind. The result works only inside tests. */
export function useHerald(): () => Scene {
  let scene: Scene | undefined;
  beforeAll(async () => {
    const herald = await startHerald({});
    const observers = await observeOrigins(herald.info);
    scene = { herald, observers, user: dappUser(herald, observers) };
  });
  afterAll(async () => {
    if (scene === undefined) return;
    await Promise.all(Object.values(scene.observers).map((it) => it.stop()));
    expect(await scene.herald.stop(), "processes left behind").toEqual([]);
  });
  return () => {
    if (scene === undefined) throw new Error("the world is not up");
    return scene;
  };
}
