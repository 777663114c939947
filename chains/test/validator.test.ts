import { existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { type Log, silentLog } from "@herald/wire/log";
import { type Address, type PublicClient, parseAbi, recoverMessageAddress } from "viem";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { announcementHash, checkpointHash } from "../src/hyperlane/checkpoint.js";
import { dispatchedMessages } from "../src/hyperlane/dispatchedMessages.js";
import { merkleTreeHookAbi, validatorAnnounceAbi } from "../src/hyperlane/hyperlaneAbi.js";
import { localLocation } from "../src/hyperlane/storage/storageNames.js";
import { createStorageReader } from "../src/hyperlane/storage/storageReader.js";
import { createQuorumClient } from "../src/quorum/quorumClient.js";
import { createTransactionSender } from "../src/send/transactionSender.js";
import { type Anvil, clientsOf, fundedAccount, startAnvil } from "./support/anvil.js";
import { type ForgingProxy, startForgingProxy } from "./support/forgingProxy.js";
import { deployHyperlane, type HyperlaneCore } from "./support/hyperlane.js";
import { MemoryTransactionStore } from "./support/memoryTransactionStore.js";
import { until } from "./support/mining.js";
import { newScratch, newValidatorHome, startValidator, type ValidatorHome } from "./support/validators.js";

const destination = 4_321;
const recipient: Address = "0x00000000000000000000000000000000000000aa";
const readSignedCheckpoint = createStorageReader({ reach: "any" }).checkpoint;
let anvil: Anvil;
let client: PublicClient;
let control: ReturnType<typeof clientsOf>["control"];
let core: HyperlaneCore;
let proxies: readonly [ForgingProxy, ForgingProxy];
let quorum: PublicClient;
let scratch: string;
let home: ValidatorHome;
let stops: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  scratch = newScratch();
  anvil = await startAnvil(31_203);
  ({ client, control } = clientsOf(anvil));
  proxies = [await startForgingProxy(anvil), await startForgingProxy(anvil)];
  const providers = proxies.map(({ url }, i) => ({ name: `provider ${i}`, url }));
  quorum = createQuorumClient({ chain: "hub", chainId: anvil.chainId, providers, quorum: 2, log: silentLog });
});
beforeEach(async () => {
  core = await deployHyperlane(anvil, await fundedAccount(anvil));
  home = newValidatorHome(scratch);
});
afterEach(async () => {
  for (const proxy of proxies) proxy.forge(undefined);
  await Promise.all(stops.map((stop) => stop()));
  stops = [];
});
afterAll(async () => {
  await Promise.all((proxies ?? []).map((proxy) => proxy.stop()));
  await anvil?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

function start(change: Parameters<typeof startValidator>[2] = {}) {
  const validator = startValidator({ anvil, core, client: quorum }, home, change);
  stops.push(validator.stop);
  return validator;
}
const dispatch = (...bodies: readonly `0x${string}`[]) => core.dispatch(destination, recipient, ...bodies);
const fileOf = (name: string) => join(home.storageFolder, name);
const isSigned = (index: number) => () => existsSync(fileOf(`${index}_with_id.json`));
const latestIndex = () => (existsSync(fileOf("index.json")) ? readFileSync(fileOf("index.json"), "utf8") : undefined);
const hookRoot = () =>
  client.readContract({ address: core.merkleTreeHook, abi: merkleTreeHookAbi, functionName: "root" });

it("signs every leaf with the hook's own root, dispatched before and after its start", async () => {
  const before = await dispatch("0x01", "0x02");
  const validator = start();
  await until(isSigned(1));
  const roots = [await hookRoot()];
  const after = await dispatch("0x03");
  await until(() => latestIndex() === "2");
  roots.push(await hookRoot());
  for (const [index, receipt] of [...before, ...after].entries()) {
    const [message] = dispatchedMessages(receipt);
    expect(message?.insertions).toEqual([{ merkleTreeHook: core.merkleTreeHook.toLowerCase(), index }]);
    const signed = await readSignedCheckpoint(localLocation(home.storageFolder), index);
    if ("reason" in signed) throw new Error(signed.reason);
    expect(signed.checkpoint).toMatchObject({ index, domain: anvil.chainId, messageId: message?.messageId });
    if (index > 0) expect(signed.checkpoint.root).toBe(roots[index - 1]);
    const raw = checkpointHash(signed.checkpoint);
    expect(await recoverMessageAddress({ message: { raw }, signature: signed.signature })).toBe(home.account.address);
  }
  expect(JSON.parse(readFileSync(fileOf("metadata_latest.json"), "utf8"))).toHaveProperty("git_sha");
  // It writes its position last.
  await validator.stop();
  expect(readdirSync(home.storageFolder).filter((name) => name.includes("part"))).toEqual([]);
});

it("waits until a block is behind the reorg period", async () => {
  start({ reorgPeriod: 2 });
  await dispatch("0x01");
  await control.mine({ blocks: 1 });
  await until(() => existsSync(fileOf("tree.json")));
  expect(isSigned(0)()).toBe(false);
  await control.mine({ blocks: 1 });
  await until(isSigned(0));
});

it("announces its folder once, in a form the real contract accepts", async () => {
  const payer = await fundedAccount(anvil);
  const stop = new AbortController();
  const wired = { chain: "hub", chainId: anvil.chainId, client: quorum, store: new MemoryTransactionStore() };
  const announce = createTransactionSender({
    ...wired,
    account: payer,
    pollMs: 20,
    log: silentLog,
    signal: stop.signal,
  });
  const location = localLocation(home.storageFolder);
  const announced = () =>
    client.readContract({
      address: core.validatorAnnounce,
      abi: validatorAnnounceAbi,
      functionName: "getAnnouncedStorageLocations",
      args: [[home.account.address]],
    });
  const first = start({ announce });
  await until(async () => (await announced())[0]?.includes(location));
  await first.stop();
  // Asked for under another idempotency key: only the chain's own word keeps it from announcing again.
  const again = createTransactionSender({
    ...{ ...wired, store: new MemoryTransactionStore(), account: payer },
    ...{ pollMs: 20, log: silentLog, signal: stop.signal },
  });
  const warnings: string[] = [];
  const log: Log = { ...silentLog, warn: (message) => void warnings.push(message), child: () => log };
  start({ announce: again, log });
  await dispatch("0x01");
  await until(isSigned(0));
  expect(warnings).toEqual([]);
  expect(await client.getTransactionCount({ address: payer.address })).toBe(1);
  stop.abort();

  const { value, serialized_signature: signature } = JSON.parse(readFileSync(fileOf("announcement.json"), "utf8"));
  expect(value).toMatchObject({ storage_location: location, mailbox_domain: anvil.chainId });
  const raw = announcementHash({ domain: anvil.chainId, mailbox: core.mailbox, storageLocation: location });
  expect(await recoverMessageAddress({ message: { raw }, signature })).toBe(home.account.address);
});

it.each([
  ["where it stopped", () => undefined],
  ["without its position", () => rmSync(fileOf("tree.json"))],
  ["with a damaged checkpoint and without its position", () => damage("1_with_id.json", "tree.json")],
])("goes on after a restart %s, leaving files as they are", async (_, between) => {
  await dispatch("0x01", "0x02");
  const first = start();
  await until(() => latestIndex() === "1");
  await until(() => existsSync(fileOf("tree.json")));
  await first.stop();
  const written = statSync(fileOf("0_with_id.json"));
  const whole = readFileSync(fileOf("1_with_id.json"), "utf8");
  between();
  await dispatch("0x03");
  start();
  await until(() => latestIndex() === "2");
  expect(statSync(fileOf("0_with_id.json"))).toMatchObject({ ino: written.ino, mtimeMs: written.mtimeMs });
  expect(readFileSync(fileOf("1_with_id.json"), "utf8")).toBe(whole);
  const signed = await readSignedCheckpoint(localLocation(home.storageFolder), 2);
  expect(signed).toMatchObject({ checkpoint: { root: await hookRoot() } });
});

function damage(cut: string, removed: string): void {
  truncateSync(fileOf(cut), 100);
  rmSync(fileOf(removed));
}

it("raises the flag when the chain takes a signed leaf back, and never starts again", async () => {
  await dispatch("0x01");
  const snapshot = await control.snapshot();
  const validator = start();
  await dispatch("0x02");
  await until(() => latestIndex() === "1");
  await until(() => existsSync(fileOf("tree.json")) && readFileSync(fileOf("tree.json"), "utf8").includes('"count":2'));
  const signed = readFileSync(fileOf("1_with_id.json"), "utf8");
  await control.revert({ id: snapshot });
  await dispatch("0x04", "0x05");
  expect(await validator.ended).toMatchObject({ code: "VALIDATOR_REORG" });
  expect(JSON.parse(readFileSync(fileOf("reorg_flag.json"), "utf8"))).toEqual({
    local_merkle_root: JSON.parse(signed).value.checkpoint.root,
    canonical_merkle_root: expect.stringMatching(/^0x[0-9a-f]{64}$/),
    checkpoint_index: 1,
    unix_timestamp: expect.any(Number),
    reorg_period: 0,
  });
  expect(readFileSync(fileOf("1_with_id.json"), "utf8")).toBe(signed);
  expect(await start().ended).toMatchObject({ code: "VALIDATOR_FLAGGED" });
  expect(await readSignedCheckpoint(localLocation(home.storageFolder), 0)).toMatchObject({ kind: "flagged" });
});

// Another message id in the log data, where the first word is.
const otherMessage = (result: unknown) =>
  JSON.parse(JSON.stringify(result).replaceAll(/"data":"0x[0-9a-f]{64}/g, `"data":"0x${"ab".repeat(32)}`));
const forgery = { method: "eth_getLogs", bend: otherMessage };

it("signs nothing while one of two providers lies, and goes on when it stops", async () => {
  let lies = 0;
  const bend = (result: unknown) => {
    lies++;
    return otherMessage(result);
  };
  proxies[0].forge({ ...forgery, bend });
  start();
  const [receipt] = await dispatch("0x01");
  const [message] = dispatchedMessages(receipt ?? { logs: [] });
  await until(() => existsSync(fileOf("metadata_latest.json")));
  await expect(quorum.getLogs({ blockHash: receipt?.blockHash ?? "0x" })).rejects.toMatchObject({
    code: "CHAIN_QUORUM_DISAGREEMENT",
  });
  await until(() => lies > 4);
  expect(isSigned(0)()).toBe(false);
  proxies[0].forge(undefined);
  await until(isSigned(0));
  const signed = await readSignedCheckpoint(localLocation(home.storageFolder), 0);
  expect(signed).toMatchObject({ checkpoint: { messageId: message?.messageId } });
});

it("stops and flags itself when both providers show events that the hook's root denies", async () => {
  for (const proxy of proxies) proxy.forge(forgery);
  const validator = start();
  await dispatch("0x01");
  expect(await validator.ended).toMatchObject({ code: "VALIDATOR_ROOT_MISMATCH" });
  expect(isSigned(0)()).toBe(false);
  expect(JSON.parse(readFileSync(fileOf("reorg_flag.json"), "utf8"))).toMatchObject({
    canonical_merkle_root: await hookRoot(),
  });
});

it("catches up over a long stretch by ranges, not block by block", async () => {
  await dispatch("0x01", "0x02");
  await control.mine({ blocks: 600 });
  await dispatch("0x03");
  let blocks = 0;
  const counting: PublicClient = {
    ...client,
    getBlock: (parameters: Parameters<typeof client.getBlock>[0]) => {
      blocks++;
      return client.getBlock(parameters);
    },
  } as PublicClient; // CAST: the same client, one function of it counted.
  start({ client: counting });
  await until(() => latestIndex() === "2");
  const signed = await readSignedCheckpoint(localLocation(home.storageFolder), 2);
  expect(signed).toMatchObject({ checkpoint: { root: await hookRoot() } });
  expect(blocks).toBeLessThan(200);
});

it("refuses a relative folder", async () => {
  const validator = startValidator({ anvil, core, client: quorum }, { ...home, storageFolder: "somewhere" });
  expect(await validator.ended).toMatchObject({ code: "VALIDATOR_BAD_FOLDER" });
});

it("has its tree equal to the hook's over many leaves", async () => {
  const bodies = Array.from({ length: 20 }, (_, i): `0x${string}` => `0x${(i + 16).toString(16)}`);
  start();
  await dispatch(...bodies);
  await until(() => latestIndex() === "19");
  const signed = await readSignedCheckpoint(localLocation(home.storageFolder), 19);
  expect(signed).toMatchObject({ checkpoint: { root: await hookRoot() } });
  const count = { address: core.merkleTreeHook, abi: parseAbi(["function count() view returns (uint32)"]) } as const;
  expect(await client.readContract({ ...count, functionName: "count" })).toBe(20);
});
