import { askDappAbi } from "@herald/wire/abi/AskDapp";
import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import {
  createPublicClient,
  createTestClient,
  createWalletClient,
  defineChain,
  encodeEventTopics,
  type Hex,
  http,
  keccak256,
  parseEther,
  publicActions,
  stringToHex,
} from "viem";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { clientConfigSchema } from "../../../relayer/src/config/clientConfig.js";
import { loadConfig } from "../../../relayer/src/config/loadConfig.js";
import { loadSigner } from "../../../relayer/src/config/loadSigner.js";
import { controlProxy } from "../src/chain/controlProxy.js";
import type { World } from "../src/startWorld.js";
import { until } from "./alive.js";
import { openTestWorld, worldFolder } from "./openTestWorld.js";

const folder = worldFolder();
let world: World;
/** Block and transaction of one real request on base. */
let opened: { block: bigint; hash: Hex };
const openedTopic = encodeEventTopics({ abi: inferenceGatewayAbi, eventName: "RequestOpened" })[0];

beforeAll(async () => {
  world = await openTestWorld(folder.path);
  opened = await ask();
});
afterEach(async () => {
  for (const { controlUrl } of base().providers) await controlProxy(controlUrl).heal();
});
afterAll(async () => {
  await world?.stop();
  folder.remove();
});

function base() {
  const chain = world.info.chains.base;
  if (!chain) throw new Error("no base");
  return chain;
}

/** One provider: what it tells, and how to command it from another process. */
function provider(index: 0 | 1) {
  const it = base().providers[index];
  if (!it) throw new Error("no provider");
  const reader = createPublicClient({ transport: http(it.url, { retryCount: 0, timeout: 30_000 }) });
  return { reader, control: controlProxy(it.controlUrl), url: it.url };
}

async function call(url: string, method: string, params: unknown[] = []): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 7, method, params });
  const answer: unknown = await (await fetch(url, { method: "POST", headers, body })).json();
  return answer;
}

/** Asks by the example dapp, as its user would: the first provider is the user's too. */
async function ask() {
  const { policyId, dapps, files, chains } = world.info;
  const account = loadSigner(files.client, loadConfig(files.client, clientConfigSchema).signer, "client");
  const chain = defineChain({
    id: chains.base?.chainId ?? 0,
    name: "base",
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [provider(0).url] } },
  });
  const wallet = createWalletClient({ account, chain, transport: http() });
  const [workerFee, relayFee] = [parseEther("0.001"), parseEther("0.001")];
  const hash = await wallet.writeContract({
    address: dapps.base ?? "0x",
    abi: askDappAbi,
    functionName: "ask",
    args: [keccak256("0x01"), "a question", policyId, workerFee, relayFee, Math.floor(Date.now() / 1000) + 3600],
    value: workerFee + relayFee,
  });
  const receipt = await createPublicClient({
    transport: http(provider(0).url),
    pollingInterval: 100,
  }).waitForTransactionReceipt({ hash });
  expect(receipt.status).toBe("success");
  return { block: receipt.blockNumber, hash };
}

const requestsSeenBy = (index: 0 | 1) =>
  provider(index).reader.getContractEvents({
    address: world.info.deployment.origins.base?.gateway ?? "0x",
    abi: inferenceGatewayAbi,
    eventName: "RequestOpened",
    fromBlock: 0n,
  });

describe("a provider of a local chain", () => {
  it("tells what its node says as long as nobody tells it otherwise", async () => {
    const [first, second] = await Promise.all([requestsSeenBy(0), requestsSeenBy(1)]);
    expect(first).toHaveLength(1);
    expect(first).toEqual(second);
    expect(first[0]?.args.seq).toBe(1n);
  });

  it("forges a request that nobody made, at a real block, and only to queries that would find it", async () => {
    const [real] = await requestsSeenBy(0);
    if (!real) throw new Error("no request");
    const id = keccak256(stringToHex("forged"));
    const topics = [real.topics[0], id, real.topics[2]];
    await provider(0).control.lie({
      ...{ type: "forgeLog", address: real.address, topics, data: real.data },
      blockNumber: Number(real.blockNumber),
    });
    const told = await requestsSeenBy(0);
    expect(told.map(({ args }) => args.id)).toEqual([real.args.id, id]);
    expect(told[1]?.blockHash).toBe(real.blockHash);
    expect(await requestsSeenBy(1)).toHaveLength(1);
    const elsewhere = {
      address: world.info.dapps.base ?? "0x",
      fromBlock: real.blockNumber,
      toBlock: real.blockNumber,
    };
    const others = await provider(0).reader.getLogs(elsewhere);
    expect(others.filter((it) => it.topics[1] === id)).toEqual([]);
    expect(await provider(0).reader.getLogs({ address: real.address, blockHash: real.blockHash })).toHaveLength(2);
  });

  it("changes or hides logs, in queries and receipts alike", async () => {
    const { reader, control } = provider(0);
    const logsIn = async () => {
      const { logs } = await reader.getTransactionReceipt({ hash: opened.hash });
      return logs.filter(({ topics }) => topics[0] === openedTopic);
    };
    const [truth] = await logsIn();
    await control.lie({ type: "changeLogs", topic0: openedTopic });
    const [changed] = await logsIn();
    const [queried] = await reader.getLogs({ fromBlock: opened.block, toBlock: opened.block });
    expect(changed?.data).toHaveLength(truth?.data.length ?? 0);
    expect(changed?.data).not.toBe(truth?.data);
    expect(queried?.data).toBe(changed?.data);
    await control.heal();
    await control.lie({ type: "hideLogs", topic0: openedTopic });
    expect(await logsIn()).toEqual([]);
    expect(await requestsSeenBy(0)).toEqual([]);
    expect(await requestsSeenBy(1)).toHaveLength(1);
  });

  it("tells of another chain without contradicting itself", async () => {
    const { reader, control } = provider(0);
    await until(async () => (await reader.getBlockNumber({ cacheTime: 0 })) > opened.block);
    const real = await reader.getBlock({ blockNumber: opened.block });
    const before = await reader.getBlock({ blockNumber: opened.block - 1n });
    await control.lie({ type: "changeHashes", from: Number(opened.block) });
    const told = await reader.getBlock({ blockNumber: opened.block });
    expect(told.hash).not.toBe(real.hash);
    expect(told.parentHash).toBe(before.hash);
    expect((await reader.getBlock({ blockNumber: opened.block - 1n })).hash).toBe(before.hash);
    expect((await reader.getBlock({ blockNumber: opened.block + 1n })).parentHash).toBe(told.hash);
    const byHash = await reader.getBlock({ blockHash: told.hash });
    expect({ number: byHash.number, hash: byHash.hash }).toEqual({ number: opened.block, hash: told.hash });
    expect((await reader.getLogs({ blockHash: told.hash }))[0]?.blockHash).toBe(told.hash);
    expect((await reader.getTransactionReceipt({ hash: opened.hash })).blockHash).toBe(told.hash);
  });

  it("holds the head back", async () => {
    // The chain stands still meanwhile: the blocks of a busy second would bring the request back.
    const node = createTestClient({ mode: "anvil", transport: http(base().nodeUrl) }).extend(publicActions);
    await node.setIntervalMining({ interval: 0 });
    onTestFinished(() => node.setIntervalMining({ interval: 1 }));
    const held = Number((await node.getBlockNumber({ cacheTime: 0 })) - opened.block) + 3;
    const { reader, control, url } = provider(0);
    await control.lie({ type: "holdHead", blocks: held });
    const told = await reader.getBlockNumber({ cacheTime: 0 });
    expect(told).toBe(opened.block - 3n);
    const latest = await reader.getBlock({ blockTag: "latest" });
    const finalized = await reader.getBlock({ blockTag: "finalized" });
    expect(latest.number - finalized.number).toBeLessThanOrEqual(3n);
    expect(latest.number).toBeLessThan(opened.block);
    expect(await requestsSeenBy(0)).toEqual([]);
    const block = `0x${opened.block.toString(16)}`;
    expect(await call(url, "eth_getBlockByNumber", [block, false])).toMatchObject({ result: null });
    expect(await call(url, "eth_getTransactionReceipt", [opened.hash])).toMatchObject({ result: null });
  });

  it("refuses with a status or an error, for all methods or some", async () => {
    const { url, control } = provider(0);
    await control.lie({ type: "httpStatus", status: 429, methods: ["eth_getLogs"] });
    const post = (method: string) =>
      fetch(url, { method: "POST", body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: [{}] }) });
    expect((await post("eth_getLogs")).status).toBe(429);
    expect((await post("eth_chainId")).status).toBe(200);
    await control.lie({ type: "rpcError", code: -32005, message: "limit exceeded" });
    expect(await call(url, "eth_chainId")).toEqual({
      ...{ jsonrpc: "2.0", id: 7, error: { code: -32005, message: "limit exceeded" } },
    });
  });

  it("hangs until it is healed", async () => {
    const { reader, control } = provider(0);
    await control.lie({ type: "hang" });
    let settled = false;
    const asked = reader.getChainId().then(
      () => "answered",
      () => "refused",
    );
    void asked.then(() => {
      settled = true;
    });
    await provider(1).reader.getChainId(); // the other one answers meanwhile
    expect(settled).toBe(false);
    await control.heal();
    expect(await asked).toBe("refused");
    expect(await reader.getChainId()).toBe(31102);
  });

  it("lags", async () => {
    const { reader, control } = provider(0);
    await control.lag(300);
    const asked = Date.now();
    await reader.getChainId();
    expect(Date.now() - asked).toBeGreaterThanOrEqual(295);
  });

  it("dies and comes back at the same address", async () => {
    const { reader, control } = provider(0);
    await control.die();
    await expect(reader.getChainId()).rejects.toThrow();
    expect(await provider(1).reader.getChainId()).toBe(31102);
    await control.heal();
    expect(await reader.getChainId()).toBe(31102);
  });

  it("answers batches, truthful or not", async () => {
    const { url, control } = provider(0);
    await control.lie({ type: "rpcError", code: 1, message: "no", methods: ["eth_blockNumber"] });
    const body = JSON.stringify(
      ["eth_chainId", "eth_blockNumber"].map((method, id) => ({ jsonrpc: "2.0", id, method, params: [] })),
    );
    expect(await (await fetch(url, { method: "POST", body })).json()).toEqual([
      { jsonrpc: "2.0", id: 0, result: "0x797e" },
      { jsonrpc: "2.0", id: 1, error: { code: 1, message: "no" } },
    ]);
  });

  it("takes only commands it knows", async () => {
    const controlUrl = base().providers[0]?.controlUrl ?? "";
    const post = (body: string, type = "application/json", url = controlUrl) =>
      fetch(url, { method: "POST", headers: { "content-type": type }, body }).then(({ status }) => status);
    expect(await post('{"lag":-1}')).toBe(400);
    expect(await post("not json")).toBe(400);
    expect(await post('{"lie":{"type":"hang","extra":1}}')).toBe(400);
    expect(await post('{"die":true}', "text/plain")).toBe(415);
    expect(await post('{"die":true}', "application/json", controlUrl.replace("base/1", "base/9"))).toBe(404);
    expect(await provider(0).reader.getChainId()).toBe(31102);
    // CAST: a form that the type forbids, to see that it is refused at run time.
    const wrong = { type: "sing" } as unknown as { type: "hang" };
    await expect(provider(0).control.lie(wrong)).rejects.toMatchObject({ code: "WORLD_CONTROL_REFUSED" });
  });
});
