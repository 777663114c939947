import fc from "fast-check";
import { type Address, getAddress, type Hex, toHex } from "viem";
import type { Answer } from "../../src/answer.js";
import { parseModelId, parseRequestId } from "../../src/ids.js";
import type { ResultItem } from "../../src/result.js";
import type { Terms } from "../../src/terms.js";

/** Random values of the wire's types, each over the whole of its width, with a bias for the ends. */
export const hexBytes = (maxLength: number, minLength = 0): fc.Arbitrary<Hex> =>
  fc.uint8Array({ minLength, maxLength, size: "max" }).map((it) => toHex(it));
export const word = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Hex>(`0x${"00".repeat(32)}`) },
  ...[{ weight: 5, arbitrary: hexBytes(32, 32) }],
);
export const address: fc.Arbitrary<Address> = fc
  .oneof({ weight: 1, arbitrary: fc.constant<Hex>(`0x${"00".repeat(20)}`) }, { weight: 5, arbitrary: hexBytes(20, 20) })
  .map((it) => getAddress(it));
export const uint = (bits: number): fc.Arbitrary<bigint> => fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });
export const number = (bits: number): fc.Arbitrary<number> => uint(bits).map(Number);

export const terms: fc.Arbitrary<Terms> = fc.record({
  version: number(8),
  salt: word,
  requester: address,
  consumer: address,
  refundTo: address,
  callbackGasLimit: number(32),
  contextHash: word,
  modelId: word.map(parseModelId),
  inputHash: word,
  inputMode: number(8),
  outputMode: number(8),
  policyId: number(32),
  feeToken: address,
  workerFee: uint(96),
  relayFee: uint(96),
  protocolFee: uint(96),
  relayer: address,
  deadline: number(40),
});

export const item: fc.Arbitrary<ResultItem> = fc.record({
  terms,
  status: number(8),
  outputHash: word,
  evidenceHash: word,
  relayer: address,
  context: hexBytes(80),
  output: hexBytes(300),
  proof: hexBytes(200),
});

export const answer: fc.Arbitrary<Answer> = fc.record({
  id: word.map(parseRequestId),
  status: number(8),
  outputHash: word,
  evidenceHash: word,
  payee: address,
  relayer: address,
});

/** What happens to bytes on a bad way: cut, extended, a byte changed, or a length field inside made huge. */
export const damage: fc.Arbitrary<(bytes: Hex) => Hex> = fc.oneof(
  fc.nat().map((at) => (bytes: Hex) => cut(bytes, at % (lengthOf(bytes) + 1))),
  hexBytes(40, 1).map(
    (more) =>
      (bytes: Hex): Hex =>
        `${bytes}${more.slice(2)}`,
  ),
  fc.tuple(fc.nat(), hexBytes(1, 1)).map(
    ([at, byte]) =>
      (bytes: Hex) =>
        overwrite(bytes, at, byte),
  ),
  fc.tuple(fc.nat(), hexBytes(4, 4)).map(
    ([at, field]) =>
      (bytes: Hex) =>
        overwrite(bytes, at, field),
  ),
  fc.nat().map((at) => (bytes: Hex) => overwrite(bytes, at, "0xffffffff")),
);

function lengthOf(bytes: Hex): number {
  return (bytes.length - 2) / 2;
}

function cut(bytes: Hex, length: number): Hex {
  return toHex(Buffer.from(bytes.slice(2), "hex").subarray(0, length));
}

function overwrite(bytes: Hex, at: number, by: Hex): Hex {
  const changed = Buffer.from(bytes.slice(2), "hex");
  changed.write(by.slice(2), changed.length === 0 ? 0 : at % changed.length, "hex");
  return toHex(changed);
}
