import { HeraldError } from "@herald/wire/errors";
import { silentLog } from "@herald/wire/log";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createQuorumClient, type QuorumClient } from "../src/quorum/quorumClient.js";
import { balanceAt, blockHash, CHAIN_ID, DEPTH, logsAt } from "./support/fakeChain.js";
import { behaviours, FakeProvider } from "./support/fakeProvider.js";
import { random } from "./support/random.js";

const SEEDS = 100;
const STEPS = 25;
const TIMEOUT_MS = 1_000;
const someone = "0x00000000000000000000000000000000000000aa";
const EXPECTED = ["CHAIN_QUORUM_DISAGREEMENT", "CHAIN_QUORUM_UNAVAILABLE"];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Runs work to its end in simulated time. */
async function simulated<T>(work: Promise<T>): Promise<PromiseSettledResult<T>> {
  let result: PromiseSettledResult<T> | undefined;
  const settled = Promise.allSettled([work]).then(([it]) => {
    result = it;
  });
  for (let waited = 0; result === undefined; waited += 5) {
    if (waited > 20 * TIMEOUT_MS) throw new Error("this read never ends");
    await vi.advanceTimersByTimeAsync(5);
  }
  await settled;
  return result;
}

/** Reads something, and says whether what came back is so; `head` is where the chain is. */
type Read = (client: QuorumClient, head: number) => Promise<boolean>;
const reads: Readonly<Record<string, Read>> = {
  height: async (client, head) => Number(await client.getBlockNumber()) <= head,
  head: async (client, head) => {
    const block = await client.getBlock();
    return Number(block.number) <= head && block.hash === blockHash(Number(block.number));
  },
  finalized: async (client, head) => {
    const block = await client.getBlock({ blockTag: "finalized" });
    return (
      Number(block.number) <= Math.max(0, head - DEPTH.finalized) && block.hash === blockHash(Number(block.number))
    );
  },
  // Every block has its own balance: whichever block it was read at, it must be one of the chain's.
  balance: async (client, head) => {
    const balance = await client.getBalance({ address: someone });
    return Array.from({ length: head + 1 }, (_, number) => balanceAt(number)).includes(balance);
  },
  logs: async (client, head) => {
    const found = await client.getLogs({ blockHash: blockHash(head) });
    return found.length === logsAt(head).length && found.every((log) => log.data === "0x01");
  },
  range: async (client, head) => {
    const toBlock = Math.max(0, head - DEPTH.finalized);
    const found = await client.getLogs({ fromBlock: 0n, toBlock: BigInt(toBlock) });
    const numbers = Array.from({ length: toBlock + 1 }, (_, number) => number).flatMap((it) =>
      logsAt(it).map(() => it),
    );
    return JSON.stringify(found.map((it) => Number(it.blockNumber))) === JSON.stringify(numbers);
  },
};

/** One run: a chain that grows, providers that change their behaviour, fewer than m of which may say what is not so. */
async function play(seed: number): Promise<{ answered: number; refused: number }> {
  const { below, pick } = random(seed);
  let head = 12;
  const count = 2 + below(4);
  const quorum = Math.floor(count / 2) + 1 + below(count - Math.floor(count / 2));
  const fakes = Array.from({ length: count }, (_, i) => new FakeProvider(`p${i}`, () => head));
  const providers = fakes.map(({ provider }) => provider);
  const client = createQuorumClient({
    chain: "m",
    chainId: CHAIN_ID,
    providers,
    quorum,
    timeoutMs: TIMEOUT_MS,
    log: silentLog,
  });
  const tally = { answered: 0, refused: 0 };
  for (let step = 0; step < STEPS; step++) {
    head += below(3);
    const fake = pick(fakes);
    fake.behaviour = below(2) === 0 ? "honest" : pick(behaviours);
    if (fakes.filter((it) => it.false).length >= quorum) fake.behaviour = "honest";
    const name = pick(Object.keys(reads));
    const where = `seed ${seed}, step ${step}, ${name}, ${quorum} of ${fakes.map((it) => it.behaviour)}`;
    const outcome = await simulated((reads[name] as Read)(client, head));
    if (outcome.status === "fulfilled") {
      expect(outcome.value, where).toBe(true);
      tally.answered += 1;
      continue;
    }
    tally.refused += 1;
    // What no quorum was found for is refused, with one of two codes; a range is also refused while finality cannot be that high yet.
    const error: unknown = outcome.reason;
    const code = error instanceof HeraldError ? error.code : String(error);
    expect([...EXPECTED, ...(name === "range" ? ["CHAIN_CALL_UNSUPPORTED"] : [])], where).toContain(code);
  }
  // Whatever happened: with the providers sound again, everything is read again within the longest pause of a breaker.
  for (const fake of fakes) fake.behaviour = "honest";
  await vi.advanceTimersByTimeAsync(11_000);
  await simulated(client.getBlock());
  for (const [name, read] of Object.entries(reads)) {
    expect(await simulated(read(client, head)), `seed ${seed}, afterwards, ${name}`).toMatchObject({ value: true });
  }
  return tally;
}

test(`in ${SEEDS} runs nothing is believed that is not so, every read ends, and all is well once the providers are`, async () => {
  const total = { answered: 0, refused: 0 };
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { answered, refused } = await play(seed);
    total.answered += answered;
    total.refused += refused;
  }
  // A client that refuses everything would be safe too.
  expect(total.answered).toBeGreaterThan((SEEDS * STEPS) / 3);
  expect(total.refused).toBeGreaterThan(0);
}, 300_000);
