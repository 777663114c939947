import { silentLog } from "@herald/wire/log";
import { parseEther } from "viem";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createQuorumClient } from "../src/quorum/quorumClient.js";
import { HEAD_FRESH_MS, SharedHeads } from "../src/quorum/sharedHeads.js";
import { type Anvil, clientsOf, fundedAccount, startAnvil } from "./support/anvil.js";
import { type FaultyProxy, honest, startFaultyProxy } from "./support/faultyProxy.js";

const CHAIN_ID = 31902;
const someone = "0x00000000000000000000000000000000000000aa";

let anvil: Anvil;
let proxies: FaultyProxy[];

beforeAll(async () => {
  anvil = await startAnvil(CHAIN_ID);
  proxies = await Promise.all([anvil.url, anvil.url].map(startFaultyProxy));
  await clientsOf(anvil).control.mine({ blocks: 5 });
});
afterAll(async () => {
  await Promise.all(proxies.map((proxy) => proxy.stop()));
  await anvil.stop();
});
afterEach(() => {
  for (const proxy of proxies) proxy.behave(honest);
});

function client() {
  const providers = proxies.map(({ url }, i) => ({ name: `p${i}`, url }));
  for (const { calls, requests } of proxies) calls.length = requests.length = 0;
  return createQuorumClient({ chain: "test", chainId: CHAIN_ID, providers, quorum: 2, log: silentLog });
}

const asked = (method: string) => proxies.map(({ calls }) => calls.filter((call) => call.method === method).length);
const addresses = Array.from({ length: 10 }, (_, i) => `0x${(i + 1).toString(16).padStart(40, "0")}` as const);

test("reads at the same time stand on one head, and each is still asked of every provider, at that block's hash", async () => {
  const { getBalance } = client();
  await Promise.all(addresses.map((address) => getBalance({ address })));
  expect(asked("eth_getBlockByNumber")).toEqual([1, 1]);
  expect(asked("eth_getBalance")).toEqual([10, 10]);
  const places = proxies.flatMap(({ calls }) =>
    calls.filter(({ method }) => method === "eth_getBalance").map(({ params }) => JSON.stringify(params[1])),
  );
  expect(new Set(places).size).toBe(1);
  expect(places[0]).toMatch(/^\{"blockHash":"0x[0-9a-f]{64}"\}$/);
});

test("the same call made again while it is on its way is asked once of each provider", async () => {
  const { getBalance } = client();
  const balances = await Promise.all(Array.from({ length: 10 }, () => getBalance({ address: someone })));
  expect(new Set(balances).size).toBe(1);
  expect(asked("eth_getBalance")).toEqual([1, 1]);
});

test("sharing believes no more: a provider that lies about one read spoils that one alone", async () => {
  const { getBalance } = client();
  proxies[1]?.behave(async (call, forward) =>
    call.method === "eth_getBalance" && call.params[0] === addresses[3] ? { result: "0x1" } : forward(call),
  );
  const results = await Promise.allSettled(addresses.map((address) => getBalance({ address })));
  expect(results.map(({ status }) => status)).toEqual(addresses.map((_, i) => (i === 3 ? "rejected" : "fulfilled")));
});

test("calls made together travel together, and one by one where a provider refuses that", async () => {
  const { getBalance } = client();
  await Promise.all(addresses.map((address) => getBalance({ address })));
  // The chain id, the head, and the ten reads.
  expect(proxies.map(({ requests }) => requests)).toEqual([
    [1, 1, 10],
    [1, 1, 10],
  ]);
});

test("a read travels together with the question whether the head it stands on is still the head", async () => {
  const { getBalance } = client();
  await getBalance({ address: someone });
  await new Promise((resolve) => setTimeout(resolve, HEAD_FRESH_MS + 10));
  for (const { calls, requests } of proxies) calls.length = requests.length = 0;
  await getBalance({ address: someone });
  expect(proxies.map(({ requests }) => requests)).toEqual([[2], [2]]);
});

test("a read that stood on a head which is none any more is put again at the new one", async () => {
  const { control } = clientsOf(anvil);
  const { getBalance } = client();
  await getBalance({ address: someone });
  await control.setBalance({ address: someone, value: 77n });
  await control.mine({ blocks: 1 });
  await new Promise((resolve) => setTimeout(resolve, HEAD_FRESH_MS + 10));
  expect(await getBalance({ address: someone })).toBe(77n);
  const places = proxies[0]?.calls.flatMap(({ method, params }) => (method === "eth_getBalance" ? [params[1]] : []));
  const { hash } = await clientsOf(anvil).client.getBlock();
  expect(places?.at(-1)).toEqual({ blockHash: hash });
  expect(places).toHaveLength(3);
});

test("gas, the dearest read, is estimated once of each provider, at the head, though the last one is none any more", async () => {
  const { estimateGas, getBalance } = client();
  await getBalance({ address: someone });
  await clientsOf(anvil).control.mine({ blocks: 1 });
  await new Promise((resolve) => setTimeout(resolve, HEAD_FRESH_MS + 10));
  await estimateGas({ account: someone, to: someone, prepare: false });
  const places = proxies.map(({ calls }) =>
    calls.flatMap(({ method, params }) => (method === "eth_estimateGas" ? [params[1]] : [])),
  );
  const { hash } = await clientsOf(anvil).client.getBlock();
  expect(places).toEqual([[{ blockHash: hash }], [{ blockHash: hash }]]);
});

test("after a receipt the state it made is read, however fresh the last head", async () => {
  const { control, walletOf } = clientsOf(anvil);
  const { getBalance, waitForTransactionReceipt } = client();
  const wallet = walletOf(await fundedAccount(anvil));
  await control.setBalance({ address: someone, value: 0n });
  for (let sent = 1; sent <= 5; sent++) {
    const request = await wallet.prepareTransactionRequest({ to: someone, value: parseEther("1") });
    const serializedTransaction = await wallet.signTransaction(request);
    // Read before, not meanwhile: while it mines, anvil answers for the block before from either state.
    await getBalance({ address: someone });
    const hash = await wallet.sendRawTransaction({ serializedTransaction });
    await waitForTransactionReceipt({ hash, pollingInterval: 1 });
    expect(await getBalance({ address: someone })).toBe(parseEther(String(sent)));
  }
});

test("a head is shared while it is being agreed on and a moment longer, and not once it failed", async () => {
  const heads = new SharedHeads<bigint>((number) => number);
  let reads = 0;
  const read = () => ({ asked: [], value: Promise.resolve(BigInt(++reads)) });
  const recent = (tag: string) => heads.recent(tag, read).value;
  expect(await Promise.all([recent("latest"), recent("latest")])).toEqual([1n, 1n]);
  expect(await recent("safe")).toBe(2n);
  const askedAt = Date.now();
  expect(await heads.current("latest", read).value).toBe(3n);
  await expect.poll(() => recent("latest")).toBe(4n);
  expect(Date.now() - askedAt).toBeGreaterThanOrEqual(HEAD_FRESH_MS);
  const failing = heads.current("latest", () => ({ asked: [], value: Promise.reject(new Error("no quorum")) }));
  await expect(failing.value).rejects.toThrow("no quorum");
  expect(await recent("latest")).toBe(5n);
});
