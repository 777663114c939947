import { describe, expect, test } from "vitest";
import type { Answer } from "../src/quorum/answer.js";
import type { RpcCall } from "../src/quorum/provider/exchange.js";
import { splittingLogs } from "../src/quorum/provider/splittingLogs.js";

interface Range {
  readonly from: number;
  readonly to: number;
}

/** A provider with one log in every block, that answers a range or refuses it in the words of `refuse`. */
function providerThat(refuse: (range: Range) => string | undefined) {
  const asked: Range[] = [];
  const exchange = splittingLogs(async (call: RpcCall): Promise<Answer> => {
    const [filter] = call.params as [{ fromBlock: string; toBlock: string; address: string }];
    expect(filter.address).toBe("0xaa");
    const range = { from: Number(filter.fromBlock), to: Number(filter.toBlock) };
    asked.push(range);
    const message = refuse(range);
    if (message !== undefined)
      return { kind: "refusal", provider: "p", raw: () => "", code: -32000, message, data: undefined };
    const value = Array.from({ length: range.to - range.from + 1 }, (_, i) => range.from + i);
    return { kind: "result", provider: "p", raw: () => "", value };
  });
  const read = async (from: number, to: number) => {
    const filter = { address: "0xaa", fromBlock: `0x${from.toString(16)}`, toBlock: `0x${to.toString(16)}` };
    const answer = await exchange({ method: "eth_getLogs", params: [filter] });
    return answer.kind === "result" ? answer.value : answer;
  };
  return { read, asked };
}

const blocks = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe("a range that is too large for a provider", () => {
  test("is read in parts of the size it names, which is remembered", async () => {
    const { read, asked } = providerThat(({ from, to }) =>
      to - from + 1 > 100 ? "eth_getLogs is limited to a 100 range" : undefined,
    );
    expect(await read(1, 1_000)).toEqual(blocks(1, 1_000));
    expect(asked).toHaveLength(1 + 10);
    expect(await read(2_000, 2_149)).toEqual(blocks(2_000, 2_149));
    expect(asked.slice(11)).toEqual([
      { from: 2_000, to: 2_099 },
      { from: 2_100, to: 2_149 },
    ]);
  });

  test("is halved until it fits where no size is named, in order and without gaps", async () => {
    const { read } = providerThat(({ from, to }) =>
      to - from + 1 > 7 ? "query returned more than 7 results" : undefined,
    );
    expect(await read(13, 200)).toEqual(blocks(13, 200));
  });

  test("is given up where a single block is too much, in the provider's words", async () => {
    const { read } = providerThat(({ from, to }) =>
      from <= 5 && to >= 5 ? "query returned more than 10000 results" : undefined,
    );
    expect(await read(1, 8)).toMatchObject({ kind: "refusal", message: "query returned more than 10000 results" });
  });

  test("is not split for any other refusal, nor for a size that is no smaller", async () => {
    const other = providerThat(() => "invalid params");
    expect(await other.read(1, 8)).toMatchObject({ kind: "refusal" });
    expect(other.asked).toHaveLength(1);
    const stubborn = providerThat(({ from, to }) => (to > from ? "block range is too wide (maximum 1024)" : undefined));
    expect(await stubborn.read(1, 8)).toEqual(blocks(1, 8));
  });
});
