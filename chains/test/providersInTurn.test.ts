import type { Log } from "@herald/wire/log";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createQuorumClient } from "../src/quorum/quorumClient.js";
import type { QuorumEvent } from "../src/quorum/quorumEvents.js";
import { type Anvil, clientsOf, startAnvil } from "./support/anvil.js";
import { dead, type FaultyProxy, honest, lying, startFaultyProxy } from "./support/faultyProxy.js";

const CHAIN_ID = 31906;
const names = ["alpha", "beta", "gamma"];
const someone = "0x00000000000000000000000000000000000000aa";

let anvil: Anvil;
let proxies: FaultyProxy[];
beforeAll(async () => {
  anvil = await startAnvil(CHAIN_ID);
  proxies = await Promise.all(names.map(() => startFaultyProxy(anvil.url)));
  await clientsOf(anvil).control.mine({ blocks: 5 });
});
afterAll(async () => {
  await Promise.all(proxies.map((proxy) => proxy.stop()));
  await anvil.stop();
});

/** What the operator sees: log lines as `level: sentence who`, and events. */
function operator() {
  const seen: string[] = [];
  const at =
    (level: string) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
      seen.push(`${level}: ${message}${fields.provider === undefined ? "" : ` ${fields.provider}`}`);
    };
  const log: Log = {
    error: at("error"),
    warn: at("warn"),
    info: at("info"),
    debug: () => undefined,
    child: () => log,
  };
  const events: QuorumEvent[] = [];
  return { log, seen, events, onEvent: (event: QuorumEvent) => events.push(event) };
}

test("one of three providers lies, one lags, one dies, in turn: the lane goes on, and the operator sees who and why", async () => {
  const { log, seen, events, onEvent } = operator();
  const providers = names.map((name, i) => ({ name, url: proxies[i]?.url ?? "" }));
  const client = createQuorumClient({
    chain: "base",
    chainId: CHAIN_ID,
    providers,
    quorum: 2,
    timeoutMs: 20_000,
    log,
    onEvent,
  });
  const [alpha, beta, gamma] = proxies;
  const read = async () => {
    expect(await client.getBalance({ address: someone })).toBe(0n);
    expect((await client.getBlock()).number).toBe(await clientsOf(anvil).client.getBlockNumber());
  };
  /** Reads until the operator has seen this. */
  const until = (line: string) =>
    expect
      .poll(async () => {
        await read();
        return seen;
      })
      .toContain(line);

  await read();
  expect(seen).toEqual([]);

  alpha?.behave(lying("eth_getBalance", () => "0xde0b6b3a7640000"));
  await until("warn: A provider was outvoted by the others.");
  const outvoted = events.find((it) => it.type === "disagreement");
  expect(outvoted).toMatchObject({ method: "eth_getBalance", outvoted: true, holdsLane: false });
  expect(outvoted?.answers.find((it) => it.provider === "alpha")?.raw).toContain("0xde0b6b3a7640000");
  expect(client.providers().find((it) => it.outvotedLately)?.name).toBe("alpha");
  alpha?.behave(honest);

  // A provider behind is none that lies: nothing to see.
  const before = seen.length;
  beta?.behave(async (call, forward) =>
    call.method === "eth_getBlockByNumber" && call.params[0] === "latest"
      ? await forward({ ...call, params: ["0x3", call.params[1]] })
      : await forward(call),
  );
  for (let i = 0; i < 10; i++) expect((await client.getBlock()).number).toBeGreaterThanOrEqual(3n);
  expect(seen.slice(before)).toEqual([]);
  beta?.behave(honest);

  gamma?.behave(dead);
  await until("warn: A provider does not answer. gamma");
  const gone = events.find((it) => it.type === "provider");
  expect(gone).toMatchObject({
    type: "provider",
    provider: "gamma",
    state: "unreachable",
    method: expect.any(String),
  });
  gamma?.behave(honest);
  await until("info: A provider answers again. gamma");
});
