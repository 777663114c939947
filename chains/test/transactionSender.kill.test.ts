import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseEther } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Anvil, clientsOf, startAnvil } from "./support/anvil.js";
import { effectOf, effectsOf, ledgerAddress, ledgerCode } from "./support/ledger.js";
import { random } from "./support/random.js";

const LANES = 4;
const KILLS_EACH = 13;
const program = fileURLToPath(new URL("killed/sendingProcess.mjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "herald-kill-"));
let anvil: Anvil;
const stopMining = new AbortController();
let mining: Promise<void>;

beforeAll(async () => {
  anvil = await startAnvil(31_203, "--no-mining");
  const { control } = clientsOf(anvil);
  await control.setCode({ address: ledgerAddress, bytecode: ledgerCode });
  mining = (async () => {
    while (!stopMining.signal.aborted) {
      await control.mine({ blocks: 1 });
      await delay(60);
    }
  })();
});
afterAll(async () => {
  stopMining.abort();
  await mining;
  await anvil?.stop();
  rmSync(folder, { recursive: true });
});

/** Runs a sending process and kills it with SIGKILL at the so manieth line it says; gives what it said last. */
async function life(lane: number, key: string, ids: readonly string[], killAt: number): Promise<string> {
  const calls = ids.map((id) => ({ id, to: ledgerAddress, data: effectOf(id) }));
  const { url, chainId } = anvil;
  const task = JSON.stringify({ url, chainId, key, folder: join(folder, String(lane)), ids: calls });
  const child = spawn(process.execPath, [program, task], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  let said = 0;
  let last = "";
  for await (const line of createInterface(child.stdout)) {
    last = line;
    if (++said === killAt) child.kill("SIGKILL");
  }
  const [code, signal] = await ended;
  if (signal !== "SIGKILL" && code !== 0) throw new Error(`the sending process ended with ${code}: ${last}`);
  return signal === "SIGKILL" ? "killed" : last;
}

it(`${LANES * KILLS_EACH} kills -9: each id has one effect, no nonce is lost`, { timeout: 600_000 }, async () => {
  const { client, control } = clientsOf(anvil);
  let kills = 0;
  const lane = async (number: number) => {
    const dice = random(number + 1);
    const key = generatePrivateKey();
    const { address } = privateKeyToAccount(key);
    await control.setBalance({ address, value: parseEther("10") });
    const ids: string[] = [];
    for (let i = 0; i < KILLS_EACH; i++) {
      ids.push(`kill/${number}/${i}`);
      // A new id crosses at least ten boundaries before it is final, and a life begins with one more.
      if ((await life(number, key, ids, 1 + dice.below(10))) === "killed") kills++;
    }
    expect(await life(number, key, ids, Number.POSITIVE_INFINITY)).toBe("all final");
    for (const id of ids) expect([id, await effectsOf(client, id)]).toEqual([id, 1]);
    expect(await client.getTransactionCount({ address })).toBe(ids.length);
  };
  await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
  expect(kills).toBe(LANES * KILLS_EACH);
});
