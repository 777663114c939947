import { setTimeout as delay } from "node:timers/promises";
import { type Anvil, clientsOf } from "./anvil.js";

/** Mines block after block until `work` is done, and gives its result. For an anvil that does not mine by itself. */
export async function whileMining<T>(anvil: Anvil, work: Promise<T>): Promise<T> {
  const { control } = clientsOf(anvil);
  let busy = true;
  const done = work.finally(() => {
    busy = false;
  });
  const mining = (async () => {
    while (busy) {
      await control.mine({ blocks: 1 });
      await delay(20);
    }
  })();
  await Promise.allSettled([done, mining]);
  return await done;
}

/** Waits until `condition` gives something other than false or undefined. */
export async function until<T>(condition: () => Promise<T | false | undefined> | T | false | undefined): Promise<T> {
  for (const end = Date.now() + 60_000; ; await delay(15)) {
    const value = await condition();
    if (value !== false && value !== undefined) return value;
    if (Date.now() > end) throw new Error(`this never came true: ${condition}`);
  }
}
