import { createQuorumClient } from "@herald/chains/quorum/quorumClient";
import type { Disagreement } from "@herald/chains/quorum/quorumEvents";
import { silentLog } from "@herald/wire/log";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Anvil, clientsOf, startAnvil } from "../../chains/test/support/anvil.js";
import { type FaultyProxy, honest, lying, startFaultyProxy } from "../../chains/test/support/faultyProxy.js";
import { LaneEvents } from "../src/service/laneEvents.js";

const CHAIN_ID = 31908;
let anvil: Anvil;
let proxies: readonly [FaultyProxy, FaultyProxy];

beforeEach(async () => {
  anvil = await startAnvil(CHAIN_ID);
  proxies = [await startFaultyProxy(anvil.url), await startFaultyProxy(anvil.url)];
});
afterEach(async () => {
  await Promise.all(proxies.map((proxy) => proxy.stop()));
  await anvil.stop();
});

test("a provider that answers finalized with its latest block is listed, and who contradicts another is kept", async () => {
  const kept: Disagreement[] = [];
  const events = new LaneEvents((event) => kept.push(event));
  const providers = proxies.map(({ url }, i) => ({ name: `p${i}`, url }));
  const quorum = { chain: "base", chainId: CHAIN_ID, providers, quorum: 2, log: silentLog };
  const client = createQuorumClient({ ...quorum, onEvent: events.note });
  const { control } = clientsOf(anvil);
  await control.mine({ blocks: 70 });
  proxies[0].behave((call, forward) =>
    forward(call.params[0] === "finalized" ? { ...call, params: ["latest", false] } : call),
  );
  expect(events.tagAliases()).toEqual([]);
  await expect
    .poll(
      async () => {
        await control.mine({ blocks: 1 });
        await client.getBlock({ blockTag: "latest" });
        await client.getBlock({ blockTag: "finalized" });
        return events.tagAliases();
      },
      { timeout: 60_000, interval: 20 },
    )
    .toMatchObject([{ chain: "base", provider: "p0", tag: "finalized" }]);
  expect(events.contradiction).toBeUndefined();

  proxies[0].behave(lying("eth_getBlockByNumber", (block) => ({ ...Object(block), timestamp: "0x1" })));
  await expect(client.getBlock({ blockNumber: 3n })).rejects.toMatchObject({ code: "CHAIN_QUORUM_DISAGREEMENT" });
  expect(events.contradiction).toBe(kept.at(-1));
  expect(kept.length).toBeGreaterThan(0);
  proxies[0].behave(honest);
  await client.getBlock({ blockNumber: 3n });
  expect(events.contradiction).toBeUndefined();
});
