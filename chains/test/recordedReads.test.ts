import { isHeraldError } from "@herald/wire/errors";
import { silentLog } from "@herald/wire/log";
import { type Hex, type PublicClient, parseAbi, parseEther } from "viem";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { playbackClient } from "../src/quorum/playback.js";
import { createQuorumClient } from "../src/quorum/quorumClient.js";
import { type RecordedRead, recordDecision } from "../src/quorum/recordedReads.js";
import { type Anvil, clientsOf, fundedAccount, startAnvil } from "./support/anvil.js";
import { dead, type FaultyProxy, honest, lying, startFaultyProxy } from "./support/faultyProxy.js";

const CHAIN_ID = 31904;
const rich = "0x00000000000000000000000000000000000000aa";
const reverting = "0x00000000000000000000000000000000000000c1";
const abi = parseAbi(["function ready() view returns (bool)"]);

let anvil: Anvil;
let proxies: FaultyProxy[];
let hash: Hex;

beforeAll(async () => {
  anvil = await startAnvil(CHAIN_ID);
  proxies = await Promise.all([anvil.url, anvil.url, anvil.url].map(startFaultyProxy));
  const { control, walletOf } = clientsOf(anvil);
  await control.setCode({ address: reverting, bytecode: "0x5f5ffd" });
  hash = await walletOf(await fundedAccount(anvil)).sendTransaction({ to: rich, value: parseEther("3") });
});
afterAll(async () => {
  await Promise.all(proxies.map((proxy) => proxy.stop()));
  await anvil.stop();
});
afterEach(() => {
  for (const proxy of proxies) proxy.behave(honest);
});

function client(chain = "test") {
  const providers = proxies.map(({ url }, i) => ({ name: `p${i}`, url }));
  return createQuorumClient({ chain, chainId: CHAIN_ID, providers, quorum: 2, log: silentLog });
}

/** Something a relayer might decide: reads of several kinds, some at the same time, one of which reverts. */
async function decide(from: PublicClient) {
  const receipt = await from.getTransactionReceipt({ hash });
  const [balance, again, head, logs] = await Promise.all([
    from.getBalance({ address: rich }),
    from.getBalance({ address: rich }),
    from.getBlock(),
    from.getLogs({ blockHash: receipt.blockHash }),
  ]);
  const ready = await from
    .readContract({ address: reverting, abi, functionName: "ready" })
    .catch((error: unknown) => (error instanceof Error ? error.name : "?"));
  const gas = await from.estimateGas({ to: rich, value: 1n });
  return { block: receipt.blockNumber, balance, again, head: head.hash, logs: logs.length, ready, gas };
}

async function record<T>(work: () => Promise<T>) {
  const reads: RecordedRead[] = [];
  const value = await recordDecision({ read: (it) => reads.push(it) }, work);
  // As a store would keep it.
  return { value, reads: JSON.parse(JSON.stringify(reads)) as readonly RecordedRead[] };
}

const playback = (reads: readonly RecordedRead[], quorum = 2) =>
  playbackClient({ chain: "test", chainId: CHAIN_ID, quorum, reads, log: silentLog });
const failure = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );
const codeOf = (error: unknown) => (isHeraldError(error) ? error.code : String(error));

describe("a recorded decision", () => {
  test("is made again without a network, with the same outcome", async () => {
    const live = client();
    const { value, reads } = await record(() => decide(live));
    expect(value).toMatchObject({ balance: parseEther("3"), ready: "ContractFunctionExecutionError" });
    for (const proxy of proxies) {
      proxy.behave(dead);
      proxy.calls.length = 0;
    }
    expect(await decide(playback(reads))).toEqual(value);
    expect(proxies.flatMap(({ calls }) => calls)).toEqual([]);
  });

  test("holds what every provider answered, and the head under each read, also where that was shared", async () => {
    const live = client();
    const { reads } = await record(() => decide(live));
    const balances = reads.filter(({ method }) => method === "eth_getBalance");
    expect(balances).toHaveLength(2);
    for (const { exchanges } of balances) {
      expect(exchanges.map(({ method }) => method)).toEqual(["eth_getBlockByNumber", "eth_getBalance"]);
      for (const { answers } of exchanges) {
        expect(answers.length).toBeGreaterThanOrEqual(2);
        for (const { raw } of answers) expect(JSON.parse(raw)).toHaveProperty("result");
      }
    }
  });

  test("is decided anew: an answer changed in the recording is found out", async () => {
    const live = client();
    const { reads } = await record(() => live.getBalance({ address: rich }));
    let changed = 0;
    const forged: readonly RecordedRead[] = JSON.parse(JSON.stringify(reads), (key, value: unknown) =>
      key === "raw" && typeof value === "string" && value.includes(parseEther("3").toString(16)) && changed++ === 0
        ? value.replace(parseEther("3").toString(16), "1")
        : value,
    );
    expect(changed).toBeGreaterThan(0);
    const error = await failure(playback(forged).getBalance({ address: rich }));
    expect(codeOf(error)).toBe("CHAIN_QUORUM_DISAGREEMENT");
    // Nor can a higher quorum be played back than there were answers for.
    expect(codeOf(await failure(playback(reads, 3).getBalance({ address: rich })))).toBe("CHAIN_QUORUM_UNAVAILABLE");
  });

  test("plays reads that were made again back in their order, and the last one stays", async () => {
    const live = client();
    const { value, reads } = await record(async () => {
      const before = await live.getBlock();
      await clientsOf(anvil).control.mine({ blocks: 1 });
      return [before.hash, (await live.getBlock()).hash];
    });
    expect(new Set(value).size).toBe(2);
    const from = playback(reads);
    const again = [await from.getBlock(), await from.getBlock(), await from.getBlock()];
    expect(again.map((it) => it.hash)).toEqual([...value, value[1]]);
  });

  test("knows no other reads", async () => {
    const live = client();
    const { reads } = await record(() => live.getBalance({ address: rich }));
    expect(codeOf(await failure(playback(reads).getBalance({ address: reverting })))).toBe("CHAIN_NOT_RECORDED");
  });

  test("that failed fails again in the same way", async () => {
    const two = createQuorumClient({
      chain: "test",
      chainId: CHAIN_ID,
      providers: proxies.slice(0, 2).map(({ url }, i) => ({ name: `p${i}`, url })),
      quorum: 2,
      log: silentLog,
    });
    proxies[1]?.behave(lying("eth_getBalance", () => "0x1"));
    const work = () => failure(two.getBalance({ address: rich }));
    const { value, reads } = await record(work);
    expect(codeOf(value)).toBe("CHAIN_QUORUM_DISAGREEMENT");
    expect(codeOf(await failure(playback(reads).getBalance({ address: rich })))).toBe("CHAIN_QUORUM_DISAGREEMENT");
  });

  test("holds its own reads alone, of every client it used, and nothing is recorded outside", async () => {
    const [one, other] = [client("test"), client("other")];
    const first = record(() => Promise.all([one.getBlock(), other.getChainId()]));
    const second = record(() => one.getBalance({ address: rich }));
    await one.getCode({ address: reverting });
    const methods = (reads: readonly RecordedRead[]) => reads.map(({ chain, method }) => `${chain} ${method}`).sort();
    expect(methods((await first).reads)).toEqual(["other eth_chainId", "test eth_getBlockByNumber"]);
    expect(methods((await second).reads)).toEqual(["test eth_getBalance"]);
  });
});
