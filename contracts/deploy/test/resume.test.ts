import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { workerSetsAbi } from "@herald/wire/abi/WorkerSets";
import { encodeFunctionData } from "viem";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStateFile } from "../src/state/stateFile.js";
import { mailboxAbi } from "../src/steps/mailboxStep.js";
import { openTestWorld, type TestWorld } from "./testWorld.js";

let world: TestWorld;
beforeEach(async () => {
  world = await openTestWorld();
});
afterEach(() => world?.stop());

/** Transactions of a deployment that nothing interrupts, on hub and origin. */
const WHOLE = [14, 19];

/** Starts a run in a process of its own. */
function start(job: { readonly crashes?: string; readonly seen?: readonly string[] } = {}) {
  const file = join(world.folder, "job.json");
  const { written: plan, stateFile, deployer } = world;
  writeFileSync(file, JSON.stringify({ plan, stateFile, key: deployer.key, ...job }));
  const script = fileURLToPath(new URL("deployChild.mjs", import.meta.url));
  const child = spawn(process.execPath, [script, file], { stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  const ended = once(child, "exit").then(([code, signal]) => ({ code, signal, errors }));
  return { child, ended };
}

/** Nothing was done twice, and nothing was left out. */
async function expectOne() {
  expect(await world.nonces()).toEqual(WHOLE);
  const { contracts, transactions } = openStateFile(world.stateFile).chains.base ?? {};
  expect(transactions).toHaveLength(WHOLE[1] ?? 0);
  const { client } = world.base;
  const gateway = { address: contracts?.gateway?.address ?? "0x", abi: inferenceGatewayAbi } as const;
  expect(await client.readContract({ ...gateway, functionName: "policyCount" })).toBe(1);
  const sets = { address: contracts?.workerSets?.address ?? "0x", abi: workerSetsAbi } as const;
  expect(await client.readContract({ ...sets, functionName: "setCount" })).toBe(1);
  expect(new Set((await world.verify()).map(({ code }) => code))).toEqual(new Set(["VALIDATOR_NOT_ANNOUNCED"]));
}

describe("a run that is killed", () => {
  it("goes on where it was, from before and after the broadcast and the record of every transaction", async () => {
    const crashes = join(world.folder, "crashes");
    const seen = () => (existsSync(crashes) ? readFileSync(crashes, "utf8").trimEnd().split("\n") : []);
    for (;;) {
      const { code, signal, errors } = await start({ crashes, seen: seen() }).ended;
      if (code === 0) break;
      expect({ signal, errors }).toEqual({ signal: "SIGKILL", errors: "" });
    }
    for (const moment of ["written", "sent", "done"]) {
      expect(seen().filter((it) => it.endsWith(` ${moment}`))).toHaveLength(WHOLE.reduce((a, b) => a + b));
    }
    await expectOne();
  }, 900_000);

  it("goes on from wherever the signal hits it", async () => {
    const delays: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      const { child, ended } = start();
      delays.push(Math.round(250 + Math.random() * 500));
      await Promise.race([ended, sleep(delays[i])]);
      child.kill("SIGKILL");
      await ended;
    }
    const { code, errors } = await start().ended;
    expect({ code, errors, delays }).toEqual({ code: 0, errors: "", delays });
    await expectOne();
  }, 300_000);

  it("waits for what it had sent instead of sending it again", async () => {
    for (const { client } of world.chains) await client.setAutomine(false);
    const first = start();
    const inFlight = () =>
      existsSync(world.stateFile)
        ? ["hub", "base"].map((it) => openStateFile(world.stateFile).chains[it]?.inFlight?.attempts[0]?.hash)
        : [];
    const pool = () =>
      Promise.all(
        world.chains.map(async ({ client }) => Object.keys((await client.getTxpoolContent()).pending).length),
      );
    await expect.poll(pool, { timeout: 100_000 }).toEqual([1, 1]);
    first.child.kill("SIGKILL");
    await first.ended;
    const sent = inFlight();
    expect(sent.every((it) => it !== undefined)).toBe(true);
    const second = start();
    await sleep(500);
    expect(inFlight()).toEqual(sent);
    for (const { client } of world.chains) {
      await client.setAutomine(true);
      await client.mine({ blocks: 1 });
    }
    expect(await second.ended).toMatchObject({ code: 0 });
    const hashes = ["hub", "base"].map((it) => openStateFile(world.stateFile).chains[it]?.transactions[0]?.hash);
    expect(hashes).toEqual(sent);
    await expectOne();
  }, 300_000);
});

describe("a transaction that does not get into a block", () => {
  it("is sent again with higher fees under the same nonce", async () => {
    for (const { client } of world.chains) await client.setAutomine(false);
    const done = world.deploy({ bumpAfterMs: 200 });
    const attempts = () =>
      Object.values(openStateFile(world.stateFile).chains).map((it) => it.inFlight?.attempts.length);
    await expect
      .poll(() => (existsSync(world.stateFile) ? attempts() : []), { timeout: 100_000 })
      .toEqual([expect.any(Number), expect.any(Number)]);
    await expect.poll(() => attempts().every((it) => (it ?? 0) > 1), { timeout: 100_000 }).toBe(true);
    for (const { client } of world.chains) {
      await client.setAutomine(true);
      await client.mine({ blocks: 1 });
    }
    await done;
    await expectOne();
  });

  it("is given up and made anew when another transaction took its nonce", async () => {
    await world.base.client.setAutomine(false);
    const child = start();
    const written = () => existsSync(world.stateFile) && openStateFile(world.stateFile).chains.base?.inFlight;
    await expect.poll(() => written() !== undefined && written() !== false, { timeout: 100_000 }).toBe(true);
    child.child.kill("SIGKILL");
    await child.ended;
    // The key is used elsewhere, and pays more.
    const { client } = world.base;
    const { attempts = [] } = openStateFile(world.stateFile).chains.base?.inFlight ?? {};
    for (const { hash } of attempts) await client.dropTransaction({ hash }).catch(() => undefined); // it may not have arrived
    const raw = await world.deployer.account.signTransaction({
      ...{ chainId: world.base.chainId, type: "eip1559", nonce: 0, to: world.outsider.address, gas: 21_000n },
      ...{ maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 10n ** 10n },
    });
    await client.sendRawTransaction({ serializedTransaction: raw });
    await client.mine({ blocks: 1 });
    await client.setAutomine(true);
    await world.deploy();
    expect(await world.nonces()).toEqual([WHOLE[0], (WHOLE[1] ?? 0) + 1]);
    expect(new Set((await world.verify()).map(({ code }) => code))).toEqual(new Set(["VALIDATOR_NOT_ANNOUNCED"]));
  });
});

describe("confirmations", () => {
  it("are waited for before the next step builds on one", async () => {
    const { hub, origins } = world.plan;
    const base = { ...origins.base, confirmations: 3 } as (typeof origins)[string]; // CAST: the plan has it.
    const done = world.deploy({ plan: { ...world.plan, hub: { ...hub, confirmations: 3 }, origins: { base } } });
    let running = true;
    const mining = (async () => {
      while (running) {
        await Promise.all(world.chains.map(({ client }) => client.mine({ blocks: 1 })));
        await sleep(5);
      }
    })();
    await done;
    running = false;
    await mining;
    const { transactions } = openStateFile(world.stateFile).chains.base ?? { transactions: [] };
    const gaps = transactions.slice(1).map(({ block }, i) => block - (transactions[i]?.block ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(3);
    expect(await world.nonces()).toEqual(WHOLE);
  });
});

describe("a Mailbox that someone else initialized first", () => {
  it("stops the run", async () => {
    const stopped = world.deploy({
      onProgress: ({ chain, what, moment }) => {
        if (chain === "hub" && what.startsWith("Mailbox(") && moment === "done") throw new Error("stop here");
      },
    });
    await expect(stopped).rejects.toThrow("stop here");
    const mailbox = openStateFile(world.stateFile).chains.hub?.contracts.mailbox?.address ?? "0x";
    const args = [world.outsider.address, mailbox, mailbox, mailbox] as const;
    const data = encodeFunctionData({ abi: mailboxAbi, functionName: "initialize", args });
    await world.hub.sendAs(world.outsider.address, mailbox, data);
    await expect(world.deploy()).rejects.toMatchObject({
      ...{ code: "DEPLOY_MAILBOX_TAKEN", facts: { chain: "hub", owner: world.outsider.address } },
    });
  });
});
