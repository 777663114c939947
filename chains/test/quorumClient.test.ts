import { HeraldError } from "@herald/wire/errors";
import { silentLog } from "@herald/wire/log";
import { BaseError, ContractFunctionRevertedError, type Hex, keccak256, type PublicClient, parseEther } from "viem";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createQuorumClient } from "../src/quorum/quorumClient.js";
import type { Disagreement, QuorumEvent } from "../src/quorum/quorumEvents.js";
import { type Anvil, clientsOf, fundedAccount, startAnvil } from "./support/anvil.js";
import { dead, type FaultyProxy, honest, lying, silent, startFaultyProxy } from "./support/faultyProxy.js";
import { recordingLog } from "./support/recordingLog.js";

const CHAIN_ID = 31901;
// CALLDATACOPY(0, 0, CALLDATASIZE) REVERT(0, CALLDATASIZE): reverts with what it was called with.
const ECHOING_REVERT: Hex = "0x365f5f37365ffd";
const reverter = "0x00000000000000000000000000000000000000c1";

let anvil: Anvil;
let proxies: FaultyProxy[];
let direct: ReturnType<typeof clientsOf>;

beforeAll(async () => {
  anvil = await startAnvil(CHAIN_ID);
  proxies = await Promise.all([anvil.url, anvil.url, anvil.url].map(startFaultyProxy));
  direct = clientsOf(anvil);
  await direct.control.mine({ blocks: 5 });
});
afterAll(async () => {
  await Promise.all(proxies.map((proxy) => proxy.stop()));
  await anvil.stop();
});
afterEach(() => {
  for (const proxy of proxies) proxy.behave(honest);
});

const proxyAt = (index: number): FaultyProxy => {
  const proxy = proxies[index];
  if (proxy === undefined) throw new Error(`there is no proxy ${index}`);
  return proxy;
};

function quorumOf(count: number, quorum: number, more: Partial<Parameters<typeof createQuorumClient>[0]> = {}) {
  const evidence: Disagreement[] = [];
  const providers = proxies.slice(0, count).map(({ url }, i) => ({ name: `p${i}`, url }));
  const onEvent = (it: QuorumEvent) => {
    if (it.type === "disagreement") evidence.push(it);
  };
  const base = {
    chain: "test",
    chainId: CHAIN_ID,
    providers,
    quorum,
    timeoutMs: 20_000,
    log: silentLog,
    onEvent,
  };
  const client = createQuorumClient({ ...base, ...more });
  return { client, evidence };
}

async function failure(promise: Promise<unknown>): Promise<HeraldError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof HeraldError) return error;
  throw new Error(`expected a HeraldError, received ${String(error)}`);
}

const forgeField = (field: string, value: unknown) => (result: unknown) =>
  typeof result === "object" && result !== null ? { ...result, [field]: value } : result;
const height = async () => Number(await direct.client.getBlockNumber());

describe("what is configured", () => {
  test.each([
    [2, 1, {}, "not more than half"],
    [3, 4, {}, "not between 1"],
    [1, 1, {}, "unsafe"],
  ])("%i providers with a quorum of %i are refused", (count, quorum, more, problem) => {
    expect(() => quorumOf(count, quorum, more)).toThrow(expect.objectContaining({ code: "CHAIN_QUORUM_INVALID" }));
    try {
      quorumOf(count, quorum, more);
    } catch (error) {
      expect(error instanceof HeraldError && error.facts.problem).toContain(problem);
    }
  });

  test("one endpoint under two names is one provider", () => {
    const { url } = proxyAt(0);
    const providers = [
      { name: "a", url },
      { name: "b", url },
    ];
    expect(() => quorumOf(0, 2, { providers })).toThrow(expect.objectContaining({ code: "CHAIN_QUORUM_INVALID" }));
  });

  test("one of one works where it was asked for", async () => {
    const { client } = quorumOf(1, 1, { unsafe: true });
    expect(await client.getChainId()).toBe(CHAIN_ID);
  });
});

describe("providers that agree", () => {
  test("answer like the node itself", async () => {
    const { client, evidence } = quorumOf(2, 2);
    const account = await fundedAccount(anvil);
    const to = "0x00000000000000000000000000000000000000aa";
    const hash = await direct.walletOf(account).sendTransaction({ to, value: parseEther("1") });
    const receipt = await client.waitForTransactionReceipt({ hash });
    expect(receipt.status).toBe("success");
    expect(receipt.blockNumber).toBe(BigInt(await height()));
    expect(await client.getBalance({ address: to })).toBe(parseEther("1"));
    expect(await client.getTransactionCount({ address: account.address })).toBe(1);
    const block = await client.getBlock({ blockHash: receipt.blockHash, includeTransactions: true });
    const truth = await direct.client.getBlock({ blockHash: receipt.blockHash });
    expect(block.hash).toBe(truth.hash);
    expect(block.timestamp).toBe(truth.timestamp);
    expect(block.baseFeePerGas).toBe(truth.baseFeePerGas);
    expect(block.transactions.map((it) => it.hash)).toEqual(truth.transactions);
    expect(await client.getTransaction({ hash })).toMatchObject({
      hash,
      blockHash: receipt.blockHash,
      type: "eip1559",
    });
    expect(await client.getLogs({ blockHash: receipt.blockHash })).toEqual([]);
    expect(await client.getCode({ address: to })).toBeUndefined();
    expect((await client.estimateFeesPerGas()).maxFeePerGas).toBeGreaterThan(0n);
    expect(await client.estimateGas({ account: account.address, to, value: 1n })).toBe(21_000n);
    const history = { blockCount: 3, rewardPercentiles: [50] };
    expect(await client.getFeeHistory(history)).toEqual(await direct.client.getFeeHistory(history));
    expect(evidence).toEqual([]);
  });

  test("clothe the same block differently", async () => {
    const dressed = forgeField("totalDifficulty", "0x99");
    proxyAt(1).behave(
      lying("eth_getBlockByNumber", (result) => {
        const text = JSON.stringify(dressed(result)).replaceAll(/"0x([0-9a-f]{40,})"/g, (_, hex: string) => {
          return `"0x${hex.toUpperCase()}"`;
        });
        return JSON.parse(text);
      }),
    );
    const { client, evidence } = quorumOf(2, 2);
    const block = await client.getBlock({ blockNumber: 3n });
    expect(block.hash).toBe((await direct.client.getBlock({ blockNumber: 3n })).hash);
    expect(evidence).toEqual([]);
  });

  test("on a revert hand its data on", async () => {
    await direct.control.setCode({ address: reverter, bytecode: ECHOING_REVERT });
    const { client } = quorumOf(2, 2);
    // The call's selector comes back as the error's: the function and the error share their signature.
    const abi = [
      { type: "function", name: "refused", inputs: [], outputs: [], stateMutability: "view" },
      { type: "error", name: "refused", inputs: [] },
    ] as const;
    const read = () => client.readContract({ address: reverter, abi, functionName: "refused" });
    const error = await read().catch((reason: unknown) => reason);
    const cause = error instanceof BaseError && error.walk((it) => it instanceof ContractFunctionRevertedError);
    expect(cause).toMatchObject({ data: { errorName: "refused" } });
    const gas = client.estimateGas({ to: reverter, data: "0x12345678" });
    await expect(gas).rejects.toThrow(/revert/);
    // A revert that only one of two sees is a contradiction.
    proxyAt(1).behave(async (call, forward) => (call.method === "eth_call" ? { result: "0x01" } : forward(call)));
    expect(await failure(read())).toMatchObject({ code: "CHAIN_QUORUM_DISAGREEMENT" });
  });
});

describe("providers that disagree", () => {
  test("stop a read, keep the evidence, and it goes through again afterwards", async () => {
    const { log, lines } = recordingLog();
    const { client, evidence } = quorumOf(2, 2, { log });
    proxyAt(1).behave(lying("eth_getBlockByNumber", forgeField("timestamp", "0x1")));
    const error = await failure(client.getBlock({ blockNumber: 2n }));
    expect(error).toMatchObject({ code: "CHAIN_QUORUM_DISAGREEMENT", actor: "operator" });
    expect(error.facts).toMatchObject({ chain: "test", method: "eth_getBlockByNumber" });
    expect(error.fix).toBeDefined();
    expect(evidence).toHaveLength(1);
    expect(evidence[0]?.outvoted).toBe(false);
    expect(evidence[0]?.answers.map((it) => it.provider).sort()).toEqual(["p0", "p1"]);
    expect(evidence[0]?.answers.find((it) => it.provider === "p1")?.raw).toContain('"timestamp":"0x1"');
    proxyAt(1).behave(honest);
    expect((await client.getBlock({ blockNumber: 2n })).number).toBe(2n);
    expect(lines).toContainEqual({ level: "error", message: "The providers disagree." });
    expect(lines).toContainEqual({ level: "info", message: "The providers agree again." });
  });

  test.each([
    [
      "the head's hash",
      "eth_getBlockByNumber",
      forgeField("hash", `0x${"11".repeat(32)}`),
      (c: PublicClient) => c.getBlock(),
    ],
    ["a balance", "eth_getBalance", () => "0xffff", (c: PublicClient) => c.getBalance({ address: reverter })],
    [
      "a nonce",
      "eth_getTransactionCount",
      () => "0x63",
      (c: PublicClient) => c.getTransactionCount({ address: reverter }),
    ],
    ["code", "eth_getCode", () => "0x6001", (c: PublicClient) => c.getCode({ address: reverter })],
    [
      "a gas estimate",
      "eth_estimateGas",
      () => "0xffffff",
      (c: PublicClient) => c.estimateGas({ to: reverter, value: 0n }),
    ],
  ])("about %s are not believed", async (_, method, lie, read) => {
    await direct.control.setCode({ address: reverter, bytecode: "0x00" });
    const { client } = quorumOf(2, 2);
    await read(client);
    proxyAt(0).behave(lying(method, lie));
    expect(await failure(read(client))).toMatchObject({ code: "CHAIN_QUORUM_DISAGREEMENT" });
    proxyAt(0).behave(honest);
    await read(client);
  });

  test("are outvoted where two of three agree, and the liar is named", async () => {
    const { client, evidence } = quorumOf(3, 2);
    proxyAt(2).behave(lying("eth_getBalance", () => "0x1"));
    // Two of three are asked as a rule; whoever is not among them is asked with every eighth question.
    await expect
      .poll(async () => {
        expect(await client.getBalance({ address: reverter })).toBe(0n);
        return evidence.length;
      })
      .toBeGreaterThan(0);
    expect(evidence[0]?.outvoted).toBe(true);
    expect(evidence[0]?.answers.find((it) => it.provider === "p2")?.raw).toContain('"0x1"');
  });

  test("are not rescued by the death of the honest ones", async () => {
    const { client } = quorumOf(3, 2);
    proxyAt(2).behave(lying("eth_getBalance", () => "0xde0b6b3a7640000"));
    proxyAt(0).behave(dead);
    proxyAt(1).behave(dead);
    expect(await failure(client.getBalance({ address: reverter }))).toMatchObject({ code: "CHAIN_QUORUM_UNAVAILABLE" });
  });
});

describe("one liar of three", () => {
  test("moves neither height, nor finality, nor fees, nor gas far", async () => {
    const { client } = quorumOf(3, 2);
    const truth = await height();
    for (const far of ["0x0", "0xffffff"]) {
      proxyAt(0).behave(async (call, forward) => {
        if (["eth_blockNumber", "eth_gasPrice", "eth_maxPriorityFeePerGas", "eth_estimateGas"].includes(call.method)) {
          return { result: far };
        }
        const reply = await forward(call);
        const tag = call.method === "eth_getBlockByNumber" && call.params[0] === "finalized";
        return tag && "result" in reply ? { result: forgeField("number", far)(reply.result) } : reply;
      });
      expect(await client.getBlockNumber()).toBe(BigInt(truth));
      expect(await client.getGasPrice()).toBe(await direct.client.getGasPrice());
      expect(await client.estimateGas({ to: reverter })).toBe(await direct.client.estimateGas({ to: reverter }));
      const finalized = await direct.client.getBlock({ blockTag: "finalized" });
      expect((await client.getBlock({ blockTag: "finalized" })).hash).toBe(finalized.hash);
    }
  });

  test("and another that hangs hold nobody up for longer than the timeout, and fail closed", async () => {
    const timeoutMs = 5_000;
    const { client } = quorumOf(3, 2, { timeoutMs });
    await client.getBlock({ blockNumber: 1n });
    proxyAt(2).behave(silent);
    const started = performance.now();
    // Other blocks than before: a call still on its way would be shared.
    await client.getBlock({ blockNumber: 2n });
    expect(performance.now() - started).toBeLessThan(timeoutMs);
    proxyAt(1).behave(lying("eth_getBlockByNumber", forgeField("gasUsed", "0x5")));
    // Two contradicting answers and no third: nothing is believed.
    expect(await failure(client.getBlock({ blockNumber: 3n }))).toMatchObject({ code: "CHAIN_QUORUM_DISAGREEMENT" });
  });
});

describe("providers a few blocks apart", () => {
  /** A provider that has not seen the newest blocks. */
  const behind = (lag: number) => async (call: Parameters<typeof honest>[0], forward: Parameters<typeof honest>[1]) => {
    const top = (await height()) - lag;
    const [first] = call.params;
    if (call.method === "eth_blockNumber") return { result: `0x${top.toString(16)}` };
    if (call.method === "eth_getBlockByNumber" && first === "latest") {
      return await forward({ ...call, params: [`0x${top.toString(16)}`, false] });
    }
    if (call.method === "eth_getBlockByNumber" && typeof first === "string" && Number(first) > top)
      return { result: null };
    if (call.method === "eth_getTransactionReceipt" || call.method === "eth_getTransactionByHash")
      return { result: null };
    return await forward(call);
  };

  test("answer for the highest block they share, and are no liars", async () => {
    const { client, evidence } = quorumOf(2, 2);
    const to = "0x00000000000000000000000000000000000000bb";
    const account = await fundedAccount(anvil);
    await direct.walletOf(account).sendTransaction({ to, value: 1n });
    await direct.walletOf(account).sendTransaction({ to, value: 1n });
    proxyAt(1).behave(behind(1));
    const shared = BigInt((await height()) - 1);
    expect(await client.getBlockNumber()).toBe(shared);
    expect((await client.getBlock()).number).toBe(shared);
    expect(await client.getBalance({ address: to })).toBe(1n);
    expect(evidence).toEqual([]);
  });

  test("make a receipt not there yet instead of a contradiction", async () => {
    const { client, evidence } = quorumOf(2, 2);
    const account = await fundedAccount(anvil);
    const hash = await direct.walletOf(account).sendTransaction({ to: account.address });
    proxyAt(1).behave(behind(1));
    await expect(client.getTransactionReceipt({ hash })).rejects.toMatchObject({
      name: "TransactionReceiptNotFoundError",
    });
    proxyAt(1).behave(honest);
    expect((await client.getTransactionReceipt({ hash })).status).toBe("success");
    expect(evidence).toEqual([]);
  });

  test("see a transaction mined and pending at once: it is there, and not mined yet", async () => {
    const { client, evidence } = quorumOf(2, 2);
    const account = await fundedAccount(anvil);
    const hash = await direct.walletOf(account).sendTransaction({ to: account.address });
    proxyAt(1).behave(
      lying("eth_getTransactionByHash", (result) =>
        Object.assign({}, result, { blockHash: null, blockNumber: null, transactionIndex: null }),
      ),
    );
    expect(await client.getTransaction({ hash })).toMatchObject({ hash, blockHash: null });
    expect(evidence).toEqual([]);
  });
});

describe("providers that fail", () => {
  test("may be down from the start, as long as enough answer", async () => {
    const { log, lines } = recordingLog();
    proxyAt(0).behave(dead);
    const { client } = quorumOf(3, 2, { log });
    expect((await client.getBlock()).number).toBe(BigInt(await height()));
    await expect.poll(() => lines).toContainEqual({ level: "warn", message: "A provider does not answer." });
    proxyAt(0).behave(honest);
    await expect
      .poll(async () => {
        await client.getBlock({ blockNumber: 1n });
        return lines;
      })
      .toContainEqual({ level: "info", message: "A provider answers again." });
  });

  test.each([
    ["dead", dead],
    ["silent", silent],
    ["rate limited", async () => ({ error: { code: -32005, message: "limit exceeded" } }) as const],
    ["talking rubbish", async () => ({ result: { number: "many" } }) as const],
  ])("make the quorum unavailable when one of two is %s", async (_, behaviour) => {
    const { client } = quorumOf(2, 2, { timeoutMs: 3_000 });
    proxyAt(1).behave(async (call, forward) =>
      call.method === "eth_chainId" ? forward(call) : behaviour(call, forward),
    );
    const error = await failure(client.getBlock());
    expect(error).toMatchObject({ code: "CHAIN_QUORUM_UNAVAILABLE", actor: "upstream", retry: { afterMs: 1_000 } });
    expect(error.facts["provider p1"]).toMatch(/^no answer: ./);
    proxyAt(1).behave(honest);
    await client.getBlock();
  });

  test("on another chain never count", async () => {
    proxyAt(1).behave(lying("eth_chainId", () => "0x1"));
    const two = quorumOf(2, 2);
    const error = await failure(two.client.getBlock());
    expect(error).toMatchObject({ code: "CHAIN_WRONG_CHAIN", actor: "operator" });
    expect(error.facts).toMatchObject({ "provider p1": "serves chain 1", expectedChainId: CHAIN_ID });
    const three = quorumOf(3, 2);
    expect((await three.client.getBlock()).number).toBe(BigInt(await height()));
    proxyAt(1).behave(honest);
    await two.client.getBlock();
  });
});

describe("sending", () => {
  async function signed(nonce = 0) {
    const account = await fundedAccount(anvil);
    const fees = { maxFeePerGas: 10_000_000_000n, maxPriorityFeePerGas: 1n, gas: 21_000n };
    return await account.signTransaction({ chainId: CHAIN_ID, to: account.address, nonce, ...fees, type: "eip1559" });
  }

  test("reaches every provider, and one that accepts is enough", async () => {
    const { client } = quorumOf(3, 2);
    await client.getChainId();
    proxyAt(0).behave(dead);
    proxyAt(1).behave(async (call, forward) =>
      call.method === "eth_sendRawTransaction" ? { error: { code: -32000, message: "txpool is full" } } : forward(call),
    );
    for (const proxy of proxies) proxy.calls.length = 0;
    const raw = await signed();
    expect(await client.sendRawTransaction({ serializedTransaction: raw })).toBe(keccak256(raw));
    const reached = () => proxies.filter((it) => it.calls.some(({ method }) => method === "eth_sendRawTransaction"));
    await expect.poll(reached).toHaveLength(3);
  });

  test("again what the node has already is success", async () => {
    const { client } = quorumOf(2, 2);
    for (const proxy of proxies) {
      proxy.behave(async (call, forward) =>
        call.method === "eth_sendRawTransaction"
          ? { error: { code: -32000, message: "already known" } }
          : forward(call),
      );
    }
    const raw = await signed();
    expect(await client.sendRawTransaction({ serializedTransaction: raw })).toBe(keccak256(raw));
  });

  test("tells the most telling refusal", async () => {
    const { client } = quorumOf(2, 2);
    proxyAt(0).behave(async (call, forward) =>
      call.method === "eth_sendRawTransaction" ? { error: { code: -32603, message: "internal error" } } : forward(call),
    );
    const raw = await signed();
    await direct.client.request({ method: "eth_sendRawTransaction", params: [raw] });
    const error = await client.sendRawTransaction({ serializedTransaction: raw }).catch((reason: unknown) => reason);
    expect(String(error)).toMatch(/nonce too low/i);
  });
});

describe("calls a quorum cannot answer", () => {
  test("are refused with what to do instead", async () => {
    const { client } = quorumOf(2, 2);
    const toBlock = await client.getBlockNumber();
    expect(await failure(client.getLogs({ fromBlock: 1n, toBlock }))).toMatchObject({ code: "CHAIN_CALL_UNSUPPORTED" });
    expect(await failure(client.getLogs({ fromBlock: 1n }))).toMatchObject({ code: "CHAIN_CALL_UNSUPPORTED" });
    expect(await failure(client.getBlock({ blockTag: "pending" }))).toMatchObject({ code: "CHAIN_CALL_UNSUPPORTED" });
    await expect(client.createBlockFilter()).rejects.toMatchObject({ name: "MethodNotSupportedRpcError" });
  });
});
