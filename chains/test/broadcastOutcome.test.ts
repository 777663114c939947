import { HeraldError } from "@herald/wire/errors";
import { RpcRequestError } from "viem";
import { describe, expect, it } from "vitest";
import { type BroadcastOutcome, broadcastOutcome } from "../src/send/broadcastOutcome.js";

/** What nodes say, by client, from their sources and from providers' answers. */
const corpus: Readonly<Record<string, Partial<Record<BroadcastOutcome, readonly string[]>>>> = {
  geth: {
    known: ["already known"],
    nonceUsed: [
      "nonce too low",
      "nonce too low: next nonce 82, tx nonce 81",
      "nonce too low: address 0x00000000000000000000000000000000000000aa, tx: 3 state: 5",
    ],
    underpriced: [
      "replacement transaction underpriced",
      "transaction underpriced",
      "transaction underpriced: gas tip cap 1, minimum needed 1000000",
      "max fee per gas less than block base fee: address 0x00000000000000000000000000000000000000aa, maxFeePerGas: 1, baseFee: 7",
    ],
    unfunded: [
      "insufficient funds for gas * price + value",
      "insufficient funds for gas * price + value: balance 0, tx cost 21000000000000, overshot 21000000000000",
      "insufficient funds for transfer",
    ],
    refused: [
      "intrinsic gas too low: gas 20000, minimum needed 21000",
      "insufficient gas for floor data gas cost: gas 30000, minimum needed 41000",
      "exceeds block gas limit",
      "transaction gas limit too high (cap: 16777216, tx: 21000000)",
      "oversized data: transaction size 131200, limit 131072",
    ],
    unknown: [
      "txpool is full",
      "account limit exceeded",
      "nonce too high: next nonce 5, tx nonce 99",
      "tx fee (1.20 ether) exceeds the configured cap (1.00 ether)",
      "request timed out",
      "invalid sender",
    ],
  },
  anvil: {
    known: ["transaction already imported"],
    nonceUsed: ["nonce too low"],
    underpriced: ["replacement transaction underpriced", "max fee per gas less than block base fee"],
    unfunded: ["Insufficient funds for gas * price + value"],
    refused: ["intrinsic gas too low", "exceeds block gas limit"],
  },
  erigon: {
    known: ["already known", "INTERNAL_ERROR: existing tx with same hash"],
    nonceUsed: ["nonce too low"],
    underpriced: ["underpriced", "INTERNAL_ERROR: could not replace existing tx", "fee too low"],
    unfunded: ["insufficient funds"],
    refused: ["IntrinsicGas", "RLPTooLong", "oversized data", "GasUintOverflow", "gas limit is too high"],
    unknown: ["pending sub-pool is full", "spammer"],
  },
  nethermind: {
    known: ["AlreadyKnown"],
    nonceUsed: ["OldNonce, Current nonce: 5, nonce of rejected tx: 4"],
    underpriced: ["FeeTooLow, MaxFeePerGas too low", "FeeTooLowToCompete", "ReplacementNotAllowed"],
    unfunded: [
      "InsufficientFunds, Account balance: 4740799397601480913, cumulative cost: 22019342038993800000",
      "InsufficientFunds, Balance is 1092404690719251702 less than sending value + gas 7165512000464000000",
    ],
    refused: ["GasLimitExceeded, Gas limit: 60000000, gas limit of rejected tx: 70000000", "MaxTxSizeExceeded"],
    unknown: ["NonceGap, Future nonce. Expected nonce: 7", "Syncing"],
  },
  reth: {
    known: ["already known"],
    nonceUsed: ["nonce too low: next nonce 5, tx nonce 3"],
    underpriced: ["replacement transaction underpriced", "transaction underpriced"],
    unfunded: ["insufficient funds for gas * price + value: have 1 want 2"],
    refused: ["transaction gas limit (30000000) is greater than the cap (16777216)", "exceeds block gas limit"],
    unknown: ["txpool is full"],
  },
  besu: {
    known: ["Known transaction"],
    nonceUsed: ["Nonce too low"],
    underpriced: [
      "Replacement transaction underpriced",
      "Gas price below configured minimum gas price",
      "Gas price below current base fee",
    ],
    unfunded: ["Upfront cost exceeds account balance"],
    refused: ["Intrinsic gas exceeds gas limit", "Transaction gas limit exceeds block gas limit"],
    unknown: ["Transaction fee cap exceeded", "An invalid transaction with a lower nonce exists"],
  },
  arbitrum: {
    nonceUsed: ["nonce too low: address 0xaa, tx: 1 state: 2"],
    unfunded: ["not enough funds for gas", "insufficient funds for gas * price + value: address 0xaa have 1 want 2"],
  },
};

const cases = Object.entries(corpus).flatMap(([client, outcomes]) =>
  Object.entries(outcomes).flatMap(([outcome, texts]) => texts.map((text) => ({ client, outcome, text }))),
);

/** As viem's transport throws it; the body holds calldata that must not be mistaken for words. */
const refusal = (message: string, code = -32000) =>
  new RpcRequestError({
    body: { method: "eth_sendRawTransaction", params: ["underpriced nonce too low"] },
    error: { code, message },
    url: "http://127.0.0.1:1/already-known",
  });

describe("what a refused broadcast means", () => {
  it.each(cases)("$client: $text = $outcome", ({ outcome, text }) => {
    expect(broadcastOutcome(refusal(text))).toBe(outcome);
  });

  it("goes by the text, whatever the code, and finds it in a cause", () => {
    expect(broadcastOutcome(refusal("nonce too low", -32603))).toBe("nonceUsed");
    const wrapped = new Error("Failed.", { cause: refusal("already known") });
    expect(broadcastOutcome(wrapped)).toBe("known");
  });

  it("reads the answers a provider quorum kept as facts; one that has it outweighs the rest", () => {
    const facts = { "provider a": "refused: already known (-32000)", "provider b": "no answer: timeout" };
    const error = new HeraldError({ code: "X_Y", message: "Two answers.", facts, actor: "upstream", retry: "now" });
    expect(broadcastOutcome(error)).toBe("known");
  });

  it("a lost connection decides nothing", () => {
    expect(broadcastOutcome(new Error("fetch failed"))).toBe("unknown");
  });
});
