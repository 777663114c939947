import { silentLog } from "@herald/wire/log";
import { expect, test } from "vitest";
import { createQuorumClient } from "../src/quorum/quorumClient.js";
import type { QuorumEvent } from "../src/quorum/quorumEvents.js";
import { CHAIN_ID, DEPTH } from "./support/fakeChain.js";
import { FakeProvider } from "./support/fakeProvider.js";

/** A client over a growing chain, and what it told. */
function clientOf(count: number, quorum: number) {
  let head = 20;
  const fakes = Array.from({ length: count }, (_, i) => new FakeProvider(`p${i}`, () => head));
  const events: QuorumEvent[] = [];
  const client = createQuorumClient({
    chain: "c",
    chainId: CHAIN_ID,
    providers: fakes.map(({ provider }) => provider),
    quorum,
    log: silentLog,
    onEvent: (event) => events.push(event),
  });
  /** Looks at head and finality of so many blocks, and returns the finality seen. */
  const follow = async (blocks: number) => {
    const finalized: bigint[] = [];
    for (let i = 0; i < blocks; i++) {
      head += 1;
      await client.getBlock();
      finalized.push((await client.getBlock({ blockTag: "finalized" })).number);
    }
    return { finalized, head };
  };
  return { fakes, events, follow };
}

test("a provider that gives its latest block as finalized is found and told of once, and moves nothing", async () => {
  const { fakes, events, follow } = clientOf(2, 2);
  const [, alias] = fakes;
  if (alias !== undefined) alias.behaviour = "aliasingTags";
  const { finalized, head } = await follow(12);
  expect(finalized.at(-1)).toBe(BigInt(head - DEPTH.finalized));
  expect(events).toMatchObject([{ type: "tagAlias", chain: "c", provider: "p1", tag: "finalized" }]);
});

test("providers that know the tags are not suspected, however far apart they are", async () => {
  const { fakes, events, follow } = clientOf(3, 2);
  const [, lagging] = fakes;
  if (lagging !== undefined) lagging.behaviour = "lagging";
  await follow(20);
  expect(events).toEqual([]);
});
