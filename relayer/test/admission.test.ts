import { parseModelId } from "@herald/wire/ids";
import type { Terms } from "@herald/wire/terms";
import type { Hex } from "viem";
import { expect, test } from "vitest";
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
const admit = createAdmission({ origins: { base: { policies: [1], feeTokens } }, payee } as never);
const verdict = (change: Partial<Terms>, chain = "base", topUp = 0n) =>
  admit({ chain, terms: { ...terms, ...change }, observedAt: 1_000_000, topUp });

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
