import { describe, expect, test } from "vitest";
import { block, data, feeHistory, log, quantity, receipt, transaction } from "../src/quorum/normalize.js";
import { blockAt, forgedLog } from "./support/fakeChain.js";

const hash = `0x${"ab".repeat(32)}`;
const address = `0x${"cd".repeat(20)}`;
const bloom = `0x${"00".repeat(256)}`;
const upper = (value: string) => `0x${value.slice(2).toUpperCase()}`;

const minedTransaction = {
  hash,
  blockHash: hash,
  blockNumber: "0x1",
  transactionIndex: "0x0",
  from: address,
  to: null,
  nonce: "0x0",
  value: "0x0",
  gas: "0x5208",
  input: "0x",
  type: "0x2",
  maxFeePerGas: "0x9",
  maxPriorityFeePerGas: "0x1",
  r: "0x1",
  s: "0x2",
  v: "0x0",
};
const minedReceipt = {
  transactionHash: hash,
  transactionIndex: "0x0",
  blockHash: hash,
  blockNumber: "0x1",
  from: address,
  to: address,
  contractAddress: null,
  cumulativeGasUsed: "0x5208",
  gasUsed: "0x5208",
  effectiveGasPrice: "0x8",
  status: "0x1",
  type: "0x2",
  logsBloom: bloom,
  logs: [],
};
const fees = { oldestBlock: "0x1", baseFeePerGas: ["0x7", "0x8"], gasUsedRatio: [0.5], reward: [["0x1"]] };

describe("the same truth in other clothes is the same", () => {
  test.each([
    ["a number with leading zeros, in capitals", quantity, "0xab", "0x00AB"],
    ["bytes in capitals", data, hash, upper(hash)],
    [
      "a log with a time (geth since 1.16), without `removed`",
      log,
      forgedLog(3),
      {
        ...forgedLog(3),
        blockTimestamp: "0x1",
        removed: undefined,
        address: upper(forgedLog(3).address),
      },
    ],
    [
      "a block with total difficulty (before the merge), size, withdrawals",
      block,
      blockAt(3),
      {
        ...blockAt(3),
        totalDifficulty: "0x1",
        size: "0x220",
        withdrawals: [],
        mixHash: hash,
      },
    ],
    [
      "a block of Arbitrum with its own fields",
      block,
      blockAt(3),
      {
        ...blockAt(3),
        l1BlockNumber: "0x1",
        sendCount: "0x2",
        sendRoot: hash,
      },
    ],
    [
      "a transaction with `gasPrice` before or after inclusion, `yParity`, an access list",
      transaction,
      minedTransaction,
      {
        ...minedTransaction,
        gasPrice: "0x5",
        yParity: "0x0",
        accessList: [],
        chainId: "0x1",
        creates: null,
      },
    ],
    [
      "a receipt with the fees of the OP stack",
      receipt,
      minedReceipt,
      {
        ...minedReceipt,
        l1Fee: "0x1",
        l1GasPrice: "0x2",
        l1GasUsed: "0x3",
        l1FeeScalar: "0.684",
      },
    ],
    [
      "a receipt with the gas of Arbitrum's other layer",
      receipt,
      minedReceipt,
      {
        ...minedReceipt,
        gasUsedForL1: "0x1",
        l1BlockNumber: "0x1",
        timeboosted: false,
      },
    ],
    ["fees with those of blobs", feeHistory, fees, { ...fees, baseFeePerBlobGas: ["0x1"], blobGasUsedRatio: [0] }],
  ])("%s", (_, form, one, other) => {
    expect(form.parse(other)).toEqual(form.parse(one));
  });
});

describe("what is not the same stays so", () => {
  test.each([
    ["a log's data", log, forgedLog(3), { ...forgedLog(3), data: "0x02" }],
    ["a log that was removed", log, forgedLog(3), { ...forgedLog(3), removed: true }],
    ["a block's parent", block, blockAt(3), { ...blockAt(3), parentHash: hash }],
    ["a transaction's receiver", transaction, minedTransaction, { ...minedTransaction, to: address }],
    ["a receipt's status", receipt, minedReceipt, { ...minedReceipt, status: "0x0" }],
    ["a receipt's logs", receipt, minedReceipt, { ...minedReceipt, logs: [forgedLog(1)] }],
  ])("%s", (_, form, one, other) => {
    expect(form.parse(other)).not.toEqual(form.parse(one));
  });

  test.each([
    ["a number without 0x", quantity, "12"],
    ["half a byte", data, "0xabc"],
    ["a block that is not mined", block, { ...blockAt(3), hash: null }],
    ["a log in a block that is not mined", log, { ...forgedLog(3), blockHash: null }],
  ])("%s is no answer", (_, form, value) => {
    expect(form.safeParse(value).success).toBe(false);
  });
});
