import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { infernetCoordinatorAbi } from "@herald/wire/abi/InfernetCoordinator";
import { silentLog } from "@herald/wire/log";
import {
  type Address,
  concatHex,
  encodeAbiParameters,
  encodeFunctionData,
  getContractAddress,
  type Hex,
  keccak256,
  parseAbi,
  parseAbiParameters,
  parseEther,
  stringToHex,
} from "viem";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { MemoryTransactionStore } from "../../chains/test/support/memoryTransactionStore.js";
import { until } from "../../chains/test/support/mining.js";
import { compileTestContracts } from "../../test/e2e/support/compileTestContracts.js";
import { type Lane, openLane } from "../../workflows/test/lane.js";
import { createPoker } from "../src/infernet/createPoker.js";

const consumers = parseAbi([
  "function ask(string prompt, uint16 redundancy, uint256 payment, address wallet) returns (uint32)",
  "function watch(uint32 frequency, uint32 period, bool lazy, uint256 payment, address wallet) returns (uint32)",
  "function stop(uint32 subscriptionId)",
]);
const wallets = parseAbi([
  "function createWallet(address initialOwner) returns (address wallet)",
  "function approve(address spender, address token, uint256 amount)",
]);
const native = `0x${"00".repeat(20)}` as const;
/** For each of the two operators. */
const PAYMENT = 10_000n;
/** A fifth of what both cost. */
const RELAY_FEE = 4_000n;

let lane: Lane;
let coordinator: Address;
let wallet: Address;
let asks: Address;
let watches: Address;
/** Consumers that can be made to say anything; the second gives more input than the gateway takes. */
let puppet: Address;
let hostile: Address;

beforeAll(async () => {
  const names = ["PromptsModel", "WatchesModel", "HostileConsumer"];
  const [asksCode = "0x", watchesCode = "0x", hostileCode = "0x"] = await compileTestContracts(
    "test/compat/support/InfernetConsumers.sol",
    names,
  );
  lane = await openLane({ hub: 31_351, origin: 31_352 });
  const { owner, deploy, client } = lane.origin;
  const two = parseAbiParameters("address, address");
  coordinator = await deploy("InfernetCoordinator", encodeAbiParameters(two, [lane.ref.gateway, owner.address]));
  await addRoute("llm", 1);
  await addRoute("llm with a window", 2);
  const abi = infernetCoordinatorAbi;
  const factory = await client.readContract({ address: coordinator, abi, functionName: "WALLET_FACTORY" });
  const made = { address: factory, abi: wallets, functionName: "createWallet", args: [owner.address] } as const;
  wallet = (await client.simulateContract({ ...made, account: owner })).result;
  await call(factory, encodeFunctionData(made));
  await lane.origin.control.setBalance({ address: wallet, value: parseEther("1") });
  asks = await create(asksCode, encodeAbiParameters(parseAbiParameters("address"), [coordinator]));
  watches = await create(watchesCode, encodeAbiParameters(two, [coordinator, owner.address]));
  const way = parseAbiParameters("address, uint8");
  puppet = await create(hostileCode, encodeAbiParameters(way, [coordinator, 0]));
  hostile = await create(hostileCode, encodeAbiParameters(way, [coordinator, 3]));
  for (const spender of [asks, watches, puppet, hostile]) {
    const args = [spender, native, 10n ** 30n] as const;
    await call(wallet, encodeFunctionData({ abi: wallets, functionName: "approve", args }));
  }
}, 120_000);
afterAll(() => lane.close());

let stop: AbortController;
const running: Promise<void>[] = [];
beforeEach(() => {
  stop = new AbortController();
});
afterEach(() => end());

/** Ends the poker; one key has one sender at a time. */
async function end(): Promise<void> {
  stop.abort();
  await Promise.all(running.splice(0));
  stop = new AbortController();
}

async function addRoute(containers: string, policyId: number): Promise<void> {
  const route = {
    modelId: keccak256(stringToHex("a model")),
    ...{ policyId, relayBps: 2_000, shape: 1, callbackGas: 1_000_000, ttl: 600, minimum: 1_000n },
  };
  const args = [containers, route] as const;
  await call(coordinator, encodeFunctionData({ abi: infernetCoordinatorAbi, functionName: "addRoute", args }));
}

async function call(to: Address, data: Hex): Promise<void> {
  await lane.origin.configure(to, data);
}

async function create(code: Hex, args: Hex): Promise<Address> {
  const { owner, client, walletOf } = lane.origin;
  const nonce = await client.getTransactionCount({ address: owner.address });
  const hash = await walletOf(owner).sendTransaction({ data: concatHex([code, args]) });
  await client.waitForTransactionReceipt({ hash, pollingInterval: 20 });
  return getContractAddress({ from: owner.address, nonce: BigInt(nonce) });
}

/** A relayer's poker; each is another process, which remembers nothing. */
function poke(change: { readonly minRelayFee?: bigint; readonly policies?: readonly number[] } = {}): void {
  const { client, ours } = lane.origin;
  const poker = createPoker({
    ...{ chain: "origin", client, gateway: lane.ref.gateway, coordinator, minRelayFee: RELAY_FEE, policies: [1] },
    ...{ account: ours.address, sender: lane.sender("origin", new MemoryTransactionStore()), lookMs: 50 },
    ...{ log: silentLog, signal: stop.signal, ...change },
  });
  running.push(poker.run());
}

async function nextId(): Promise<number> {
  return await lane.origin.client.readContract({
    address: coordinator,
    abi: infernetCoordinatorAbi,
    functionName: "id",
  });
}

async function ask(payment = PAYMENT): Promise<number> {
  const id = await nextId();
  const args = ["What is a blob?", 2, payment, wallet] as const;
  await call(asks, encodeFunctionData({ abi: consumers, functionName: "ask", args }));
  return id;
}

/** A callback subscription of a puppet. */
async function subscribe(owner: Address, containers: string): Promise<number> {
  const id = await nextId();
  const args = [containers, 1, 0, 2, false, native, PAYMENT, wallet, native] as const;
  const create = encodeFunctionData({ abi: infernetCoordinatorAbi, functionName: "createSubscription", args });
  const abi = parseAbi(["function act(bytes call)"]);
  await call(owner, encodeFunctionData({ abi, functionName: "act", args: [create] }));
  return id;
}

async function requestOf(id: number, interval: number): Promise<Hex | null> {
  const on = { address: coordinator, abi: infernetCoordinatorAbi, functionName: "requestOf" } as const;
  const found = await lane.origin.client.readContract({ ...on, args: [id, interval] });
  return BigInt(found) === 0n ? null : found;
}
const isAsked = (id: number, interval = 1) => until(async () => (await requestOf(id, interval)) !== null);
const ourNonce = () => lane.origin.client.getTransactionCount({ address: lane.origin.ours.address });

test("a paid callback is asked once, by the wallet's money, also over a restart", async () => {
  const id = await ask();
  const before = await ourNonce();
  poke();
  await isAsked(id);
  const requestId = (await requestOf(id, 1)) ?? "0x";
  const logs = await lane.origin.client.getContractEvents({
    ...{ address: lane.ref.gateway, abi: inferenceGatewayAbi, eventName: "RequestOpened", strict: true },
    ...{ args: { id: requestId }, fromBlock: 0n },
  });
  expect(logs[0]?.args).toMatchObject({ input: stringToHex("What is a blob?"), terms: { relayFee: RELAY_FEE } });
  await end();
  poke();
  const later = await ask();
  await isAsked(later);
  expect(await ourNonce()).toBe(before + 2);
});

test("what pays nothing or too little, or wants a policy that is not served, is left alone", async () => {
  const before = await ourNonce();
  const [unpaid, cheap, paid] = [await ask(0n), await ask(PAYMENT - 1n), await ask()];
  poke();
  await isAsked(paid);
  expect([await requestOf(unpaid, 1), await requestOf(cheap, 1)]).toEqual([null, null]);
  expect(await ourNonce()).toBe(before + 1);

  await end();
  const other = await ask();
  poke({ policies: [2] });
  const served = await subscribe(puppet, "llm with a window");
  await isAsked(served);
  expect(await requestOf(other, 1)).toBeNull();
});

test("each interval of a recurring subscription is asked in its time, until it is cancelled or over", async () => {
  const id = await nextId();
  const args = [3, 600, false, PAYMENT, wallet] as const;
  await call(watches, encodeFunctionData({ abi: consumers, functionName: "watch", args }));
  poke();
  const first = await ask();
  await isAsked(first);
  // Not begun yet.
  expect(await requestOf(id, 1)).toBeNull();
  await lane.passTime(600);
  await isAsked(id, 1);
  await lane.passTime(600);
  await isAsked(id, 2);
  await call(watches, encodeFunctionData({ abi: consumers, functionName: "stop", args: [id] }));
  await lane.passTime(600);
  const last = await ask();
  await isAsked(last);
  expect(await requestOf(id, 3)).toBeNull();
});

test("a consumer whose input is a bomb, or whose wallet will not pay, costs nothing and holds nobody up", async () => {
  const bombing = await subscribe(hostile, "llm");
  const args = [asks, native, 0n] as const;
  await call(wallet, encodeFunctionData({ abi: wallets, functionName: "approve", args }));
  const refused = await ask();
  const before = await ourNonce();
  const id = await nextId();
  const watch = [1, 1_000, false, PAYMENT, wallet] as const;
  await call(watches, encodeFunctionData({ abi: consumers, functionName: "watch", args: watch }));
  await lane.passTime(1_000);
  poke();
  await isAsked(id);
  expect([await requestOf(bombing, 1), await requestOf(refused, 1)]).toEqual([null, null]);
  expect(await ourNonce()).toBe(before + 1);
});
