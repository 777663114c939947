import { isHeraldError } from "@herald/wire/errors";
import { silentLog } from "@herald/wire/log";
import { beforeEach, describe, expect, test } from "vitest";
import { createQuorumClient } from "../src/quorum/quorumClient.js";
import type { QuorumEvent } from "../src/quorum/quorumEvents.js";
import { blockHash, CHAIN_ID } from "./support/fakeChain.js";
import { FakeProvider } from "./support/fakeProvider.js";

const someone = "0x00000000000000000000000000000000000000aa";

let fakes: FakeProvider[];
let events: QuorumEvent[];

beforeEach(() => {
  events = [];
});

/** A client over `count` fake providers, two of which must agree. */
function clientOf(count: number) {
  fakes = Array.from({ length: count }, (_, i) => new FakeProvider(`p${i}`, () => 12));
  const providers = fakes.map(({ provider }) => provider);
  const onEvent = (event: QuorumEvent) => events.push(event);
  return createQuorumClient({
    chain: "c",
    chainId: CHAIN_ID,
    providers,
    quorum: 2,
    timeoutMs: 20_000,
    log: silentLog,
    onEvent,
  });
}

function behave(index: number, behaviour: FakeProvider["behaviour"]): void {
  const fake = fakes[index];
  if (fake !== undefined) fake.behaviour = behaviour;
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "answered",
    (error: unknown) => (isHeraldError(error) ? error.code : String(error)),
  );
const types = () => events.map(({ type }) => type);

describe("a contradiction about the chain", () => {
  test("stops every read of the lane, and the lane goes on by itself when it is gone", async () => {
    const client = clientOf(2);
    behave(1, "hidingLogs");
    const logs = () => codeOf(client.getLogs({ blockHash: blockHash(12) }));
    expect(await logs()).toBe("CHAIN_QUORUM_DISAGREEMENT");
    // Both say the same of a balance; but while one hides logs, nothing is believed.
    expect(await codeOf(client.getBalance({ address: someone }))).toBe("CHAIN_QUORUM_DISAGREEMENT");
    expect(await codeOf(client.getBlock())).toBe("CHAIN_QUORUM_DISAGREEMENT");
    expect(types()).toEqual(["disagreement"]);
    behave(1, "honest");
    expect(await codeOf(client.getBalance({ address: someone }))).toBe("answered");
    expect(await logs()).toBe("answered");
    expect(types()).toEqual(["disagreement", "agreement"]);
    expect(events[1]).toMatchObject({ chain: "c", method: "eth_getLogs", heldMs: expect.any(Number) });
  });

  test("comes with what each provider said, as it arrived", async () => {
    const client = clientOf(2);
    behave(1, "lying");
    await codeOf(client.getLogs({ blockHash: blockHash(12) }));
    const [event] = events;
    if (event?.type !== "disagreement") throw new Error("no disagreement was told");
    expect(event).toMatchObject({ chain: "c", method: "eth_getLogs", outvoted: false, holdsLane: true });
    const raw = Object.fromEntries(event.answers.map((it) => [it.provider, JSON.parse(it.raw)]));
    expect(raw.p0.result).toHaveLength(2);
    expect(raw.p1.result).toMatchObject([{ data: "0xbad0" }]);
  });

  test("does not hold the lane for good where the question has lost its meaning", async () => {
    const client = clientOf(3);
    behave(1, "lying");
    behave(2, "dead");
    expect(await codeOf(client.getBlock({ blockNumber: 11n }))).toBe("CHAIN_QUORUM_DISAGREEMENT");
    behave(1, "dead");
    // Nobody contradicts any more; there is just no quorum.
    expect(await codeOf(client.getBlock())).toBe("CHAIN_QUORUM_UNAVAILABLE");
    behave(2, "honest");
    expect(await codeOf(client.getBlock())).toBe("answered");
  });

  test("asks the contradicted question once for all who wait", async () => {
    const client = clientOf(2);
    behave(1, "hidingLogs");
    await codeOf(client.getLogs({ blockHash: blockHash(12) }));
    for (const fake of fakes) fake.calls.length = 0;
    await Promise.all(Array.from({ length: 20 }, () => codeOf(client.getBalance({ address: someone }))));
    expect(fakes.map(({ calls }) => calls)).toEqual([["eth_getLogs"], ["eth_getLogs"]]);
  });
});

describe("a liar of three", () => {
  test("is outvoted, told of, and asked last from then on; the lane goes on", async () => {
    const client = clientOf(3);
    behave(0, "hidingLogs");
    expect(await codeOf(client.getLogs({ blockHash: blockHash(12) }))).toBe("answered");
    await expect.poll(types).toEqual(["disagreement"]);
    expect(events[0]).toMatchObject({ outvoted: true, holdsLane: false });
    expect(client.providers().map((it) => it.outvotedLately)).toEqual([true, false, false]);
    for (const fake of fakes) fake.calls.length = 0;
    await client.getBlock({ blockNumber: 3n });
    expect(fakes.map(({ calls }) => calls.length)).toEqual([0, 1, 1]);
  });
});

describe("a liar who is ahead", () => {
  test("cannot stop a lane whose honest providers are a few blocks apart", async () => {
    const client = clientOf(3);
    behave(0, "lying");
    behave(1, "lagging");
    for (let i = 0; i < 10; i++) expect((await client.getBlock()).number).toBe(10n);
    expect(events.some((it) => it.type === "disagreement" && it.outvoted)).toBe(true);
    expect(events.some((it) => it.type === "disagreement" && !it.outvoted)).toBe(false);
  });
});

describe("a liar whom nobody needs", () => {
  test("is found all the same: everyone is asked now and then", async () => {
    const client = clientOf(3);
    behave(2, "hidingLogs");
    for (let i = 0; i < 8; i++) expect(await codeOf(client.getLogs({ blockHash: blockHash(12) }))).toBe("answered");
    await expect.poll(types).toEqual(["disagreement"]);
    // Not before: two answer every question.
    expect(fakes[2]?.calls).toEqual(["eth_chainId", "eth_getLogs"]);
  });
});

describe("a provider that comes and goes", () => {
  test("is told of once per change, with how it fails", async () => {
    const client = clientOf(3);
    const read = async (behaviour: FakeProvider["behaviour"], state: string) => {
      behave(0, behaviour);
      await expect
        .poll(async () => {
          await client.getBlock({ blockNumber: 3n });
          return events.at(-1);
        })
        .toMatchObject({ type: "provider", provider: "p0", state });
    };
    await read("dead", "unreachable");
    await read("honest", "answers");
    await read("limited", "limited");
    expect(events.map((it) => it.type === "provider" && it.state)).toEqual(["unreachable", "answers", "limited"]);
  });
});
