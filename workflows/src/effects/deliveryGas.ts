/** What `Mailbox.process` and the ISM take before the first item (2-of-n message-id, measured at 82k–95k), with room. */
export const MESSAGE_GAS = 140_000n;
/** Decoding, verifying and settling one item, apart from its verifier's and callback's promised gas. */
const ITEM_GAS = 120_000n;
/** Calldata is 16 gas a byte, and the floor of 40 a byte rules long bodies. */
const BYTE_GAS = 40n;

/** Gas one item adds to the promise of its message: its own promises, passed on through two 63/64 rules. */
export function itemGas(item: {
  readonly verifyGas: number;
  readonly callbackGasLimit: number;
  readonly bytes: number;
}): bigint {
  const promised = ITEM_GAS + BigInt(item.verifyGas + item.callbackGasLimit) + BigInt(item.bytes) * BYTE_GAS;
  return (promised * 66n) / 64n;
}
