import { describe, expect, test } from "vitest";
import type { Answer } from "../src/quorum/answer.js";
import { rangeProblem } from "../src/quorum/provider/rangeErrors.js";

const refusal = (code: number, message: string, data?: unknown): Answer => ({
  kind: "refusal",
  provider: "p",
  raw: () => "",
  code,
  message,
  data,
});

describe("a range that a provider finds too large is recognised", () => {
  // Who says it, the code, the words, and how many blocks it would take where it says so.
  test.each<[string, number, string, bigint | undefined, unknown?]>([
    [
      "Alchemy",
      -32600,
      "You can make eth_getLogs requests with up to a 500 block range. Based on your parameters, this block range should work: [0x123c9b2, 0x123cba5]",
      500n,
    ],
    ["Alchemy, older", -32602, "Log response size exceeded. Please reduce query block range.", undefined],
    ["Ankr", -32600, "block range is too wide", undefined],
    ["Arbitrum", -32000, "logs matched by query exceeds limit of 10000", undefined],
    ["Base", -32614, "eth_getLogs is limited to a 10,000 range", 10_000n],
    ["Base, newer", -32602, "block range too large", undefined],
    ["Blast", -32602, "block range exceeds the range allowed for your plan (50000 > 3000)", 3_000n],
    ["BlockPI", -32602, "eth_getLogs is limited to 1024 block range", 1_024n],
    ["Chainstack", -32602, "Block range limit exceeded. See more details at the documentation.", undefined],
    ["Cloudflare", -32047, "Max range: 800", 800n],
    ["Coinbase", -32602, "please limit the query to at most 1,000 blocks", 1_000n],
    ["a geth fork (Scroll)", -32000, "block range is bigger than maxBlockRange", undefined],
    [
      "a geth fork (Morph)",
      -32000,
      "block range is larger than max block range, block range = 5120, max block range = 5000",
      5_000n,
    ],
    ["Infura", -32005, "query returned more than 10000 results. Try with this block range [0x1, 0x64].", 100n],
    ["Infura, since 2026", -32602, "range 1000000 exceeds limit of 10000", 10_000n],
    ["LlamaRPC", -32602, "query exceeds max results 20000, retry with the range 1-2", undefined],
    ["Moonbeam", -32603, "block range is too wide (maximum 1024)", 1_024n],
    ["proxyd of the OP stack", -32005, "backend response too large", undefined],
    ["PublicNode", -32701, "exceed maximum block range: 50000", 50_000n],
    ["QuickNode", -32614, "eth_getLogs is limited to a 10,000 range", 10_000n],
    ["reth", -32602, "query exceeds max block range 100000", 100_000n],
    ["Tenderly", -32602, "invalid params", 2_000n, { payload: "range 9009594 is bigger than range limit 2000" }],
    ["zkSync", -32602, "Query returned more than 10000 results. Try with this block range [0x5, 0x9].", 5n],
    ["1RPC", -32602, "response size should not greater than 10000000 bytes", undefined],
  ])("%s", (_, code, message, maxBlocks, data) => {
    expect(rangeProblem(refusal(code, message, data))).toEqual({ maxBlocks });
  });

  test.each([
    [-32000, "execution reverted"],
    [-32602, "invalid argument 0: hex string without 0x prefix"],
    [-32000, "filter not found"],
    [-32601, "the method eth_getLogs does not exist"],
  ])("%i %s is none", (code, message) => {
    expect(rangeProblem(refusal(code, message))).toBeUndefined();
  });
});
