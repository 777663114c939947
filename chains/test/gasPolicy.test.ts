import { type Address, type Hex, pad } from "viem";
import { describe, expect, it } from "vitest";
import type { DispatchedMessage } from "../src/hyperlane/dispatchedMessages.js";
import { type GasPolicy, judgeGasPayment } from "../src/hyperlane/gasPolicy.js";
import { type MatchingElement, matches } from "../src/hyperlane/matchingList.js";

const sender: Address = "0x00000000000000000000000000000000000000a1";
const recipient: Address = "0x00000000000000000000000000000000000000b2";
const word = (byte: string): Hex => `0x${byte.repeat(32)}`;
const message: DispatchedMessage = {
  nonce: 7,
  origin: 1,
  sender: pad(sender, { size: 32 }),
  destination: 8453,
  recipient: pad(recipient, { size: 32 }),
  body: "0xdeadbeef",
  messageId: word("ab"),
  message: "0x",
  mailbox: sender,
  blockHash: word("01"),
  transactionHash: word("02"),
  gasPayments: [],
  insertions: [],
};
const paid = (gasAmount: bigint, payment: bigint) => ({ paymaster: sender, gasAmount, payment });
const gas = { estimate: 100_000n, spent: 0n };
const judge = (policies: readonly GasPolicy[], ...payments: readonly ReturnType<typeof paid>[]) => {
  const verdict = judgeGasPayment(policies, message, payments, gas);
  return verdict.deliver ? "deliver" : verdict.code;
};

describe("gas payment policies", () => {
  it("none takes every message", () => {
    expect(judge([{ type: "none" }])).toBe("deliver");
  });

  it("minimum wants a payment, even where the minimum is zero, and adds them up", () => {
    expect(judge([{ type: "minimum", payment: 0n }])).toBe("HYPERLANE_GAS_UNPAID");
    expect(judge([{ type: "minimum", payment: 0n }], paid(0n, 0n))).toBe("deliver");
    expect(judge([{ type: "minimum", payment: 10n }], paid(1n, 4n), paid(1n, 5n))).toBe("HYPERLANE_GAS_UNDERPAID");
    expect(judge([{ type: "minimum", payment: 10n }], paid(1n, 4n), paid(1n, 6n))).toBe("deliver");
  });

  it("onChainFeeQuoting wants half of the gas, or another part, less what failed deliveries took", () => {
    const half: GasPolicy = { type: "onChainFeeQuoting" };
    expect(judge([half])).toBe("HYPERLANE_GAS_UNPAID");
    expect(judge([half], paid(49_999n, 9n))).toBe("HYPERLANE_GAS_UNDERPAID");
    expect(judge([half], paid(20_000n, 9n), paid(30_000n, 0n))).toBe("deliver");
    const all: GasPolicy = { type: "onChainFeeQuoting", gasFraction: { of: 1n, in: 1n } };
    expect(judge([all], paid(99_999n, 9n))).toBe("HYPERLANE_GAS_UNDERPAID");
    expect(judge([all], paid(100_000n, 9n))).toBe("deliver");
    const spent = { ...gas, spent: 60_000n };
    expect(judgeGasPayment([half], message, [paid(100_000n, 9n)], spent)).toMatchObject({ deliver: false });
    expect(judgeGasPayment([half], message, [paid(110_000n, 9n)], spent)).toMatchObject({ deliver: true });
  });

  it("the first that matches decides, and a message that none matches is not delivered", () => {
    const forOthers: GasPolicy = { type: "none", matchingList: [{ originDomain: 2 }] };
    const strict: GasPolicy = { type: "minimum", payment: 1n, matchingList: [{ originDomain: 1 }] };
    expect(judge([forOthers])).toBe("HYPERLANE_GAS_NO_POLICY");
    expect(judge([])).toBe("HYPERLANE_GAS_NO_POLICY");
    expect(judge([forOthers, strict, { type: "none" }])).toBe("HYPERLANE_GAS_UNPAID");
    expect(judge([{ type: "none", matchingList: [] }, strict])).toBe("deliver");
  });
});

describe("matching lists", () => {
  it.each<[boolean, MatchingElement]>([
    [true, {}],
    [true, { messageId: word("AB").replace("0X", "0x") }],
    [true, { messageId: ["*"] }],
    [false, { messageId: word("ac") }],
    [true, { originDomain: "1", destinationDomain: [5, 8453] }],
    [false, { originDomain: 1, destinationDomain: 5 }],
    [true, { senderAddress: "0x00000000000000000000000000000000000000A1" }],
    [true, { senderAddress: [pad(recipient, { size: 32 }), pad(sender, { size: 32 })], recipientAddress: "*" }],
    [false, { senderAddress: recipient }],
    [false, { senderAddress: "not an address" }],
    [true, { bodyRegex: "^dead" }],
    [false, { bodyRegex: "^0x" }],
  ])("%s for %j", (expected, element) => {
    expect(matches([element], message)).toBe(expected);
    expect(matches([{ originDomain: 99 }, element], message)).toBe(expected);
  });
});
