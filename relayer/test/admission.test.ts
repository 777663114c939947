import { parseModelId } from "@herald/wire/ids";
import type { Terms } from "@herald/wire/terms";
import type { Hex } from "viem";
import { afterEach, describe, expect, test } from "vitest";
import type { RouteFilters } from "../src/config/routeFilters.js";
import { createAdmission } from "../src/service/admission.js";

const address = (byte: string): Hex => `0x${byte.repeat(20)}`;
const hash = `0x${"07".repeat(32)}` as const;
const payee = address("0a");
const terms: Terms = {
  version: 1,
  salt: hash,
  requester: address("02"),
  consumer: address("03"),
  refundTo: address("02"),
  callbackGasLimit: 100_000,
  contextHash: hash,
  modelId: parseModelId(hash),
  inputHash: hash,
  inputMode: 0,
  outputMode: 0,
  policyId: 1,
  feeToken: address("00"),
  workerFee: 1n,
  relayFee: 1n,
  protocolFee: 0n,
  relayer: address("00"),
  deadline: 2_000,
};
// CAST: admission looks at the policies and fee tokens of an origin only.
const feeTokens = [{ token: address("0d"), minRelayFee: 100n }];
const config = { origins: { base: { policies: [1], feeTokens, domain: 8453 } }, hub: { domain: 1979 }, payee };
let filters: RouteFilters = {};
const admit = createAdmission(config as never, () => filters);
const verdict = (change: Partial<Terms>, chain = "base", topUp = 0n) =>
  admit({
    requestId: `0x${"ab".repeat(32)}`,
    chain,
    terms: { ...terms, ...change },
    input: "0x6869",
    observedAt: 1_000_000,
    topUp,
  });

test("a request for any relayer, or for this one, is served", () => {
  expect(verdict({})).toBeNull();
  expect(verdict({ relayer: payee })).toBeNull();
});

test("an output by its hash is served", () => {
  expect(verdict({ outputMode: 1 })).toBeNull();
});

test("fees in a listed token are taken from the least relay fee on, top-ups counted", () => {
  const feeToken = address("0D");
  expect(verdict({ feeToken, relayFee: 100n })).toBeNull();
  expect(verdict({ feeToken, relayFee: 99n })).toMatch(/relay fee is 99 of the token 0x0D.* asks 100 at least/);
  expect(verdict({ feeToken, relayFee: 99n }, "base", 1n)).toBeNull();
});

test.each([
  [{ policyId: 2 }, /Policy 2/],
  [{ inputMode: 1 }, /inline/],
  [{ outputMode: 2 }, /by their hash/],
  [{ feeToken: address("0b") }, /token 0x0b.* not among those this relayer takes on base/],
  [{ relayer: address("0c") }, /another relayer/],
  [{ deadline: 1_000 }, /closing time/],
])("%j is refused with a sentence that says why", (change, sentence) => {
  expect(verdict(change)).toMatch(sentence);
});

test("a chain that is not configured is refused", () => {
  expect(verdict({}, "arbitrum")).toMatch(/does not serve arbitrum/);
});

describe("filters", () => {
  afterEach(() => {
    filters = {};
  });
  const matching = {
    messageId: `0x${"AB".repeat(32)}`,
    originDomain: ["1", "8453"],
    destinationDomain: 1979,
    senderAddress: address("02"),
    recipientAddress: [address("04"), `0x${"00".repeat(12)}${"03".repeat(20)}`],
    bodyRegex: "^6869$",
  };
  const fitting = Object.entries(matching).map(([key, value]) => ({ [key]: value }));
  const wrong = [
    { messageId: `0x${"ac".repeat(32)}` },
    { originDomain: 1979 },
    { destinationDomain: [8453] },
    { senderAddress: address("03") },
    { recipientAddress: address("02") },
    { bodyRegex: "0x|^68$" },
  ];

  test.each([matching, {}, ...fitting])("%j matches the request", (element) => {
    filters = { whitelist: [...wrong, element] };
    expect(verdict({})).toBeNull();
    filters = { blacklist: [...wrong, element] };
    expect(verdict({})).toBe("It matches the blacklist of this relayer's filters (blacklist.6).");
  });

  test.each([...wrong, ...wrong.map((one) => ({ ...matching, ...one }))])("%j does not", (element) => {
    filters = { blacklist: [element] };
    expect(verdict({})).toBeNull();
    filters = { whitelist: [element] };
    expect(verdict({})).toBe("It matches nothing on the whitelist of this relayer's filters (whitelist.0).");
  });

  test("the blacklist wins, and other reasons stay reasons", () => {
    filters = { whitelist: [{ senderAddress: address("02") }], blacklist: [{ recipientAddress: address("03") }] };
    expect(verdict({})).toMatch(/blacklist\.0/);
    expect(verdict({ consumer: address("04") })).toBeNull();
    expect(verdict({ consumer: address("04"), policyId: 2 })).toMatch(/Policy 2/);
    filters = { whitelist: wrong };
    expect(verdict({})).toMatch(/whitelist\.0 to whitelist\.5/);
  });
});
