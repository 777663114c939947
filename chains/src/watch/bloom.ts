import { type Address, type Hex, hexToBytes, keccak256 } from "viem";

const BLOOM_BYTES = 256;

/**
 * False only if a block with this `logsBloom` cannot contain a log of `address` (Ethereum yellow paper, section 4.3.1: three bits, each of
 * the low 11 bits of a pair of bytes of the address's hash).
 */
export function mayContainLogsOf(address: Address, logsBloom: Hex): boolean {
  const bloom = hexToBytes(logsBloom);
  if (bloom.length !== BLOOM_BYTES) return true;
  const hash = hexToBytes(keccak256(address));
  return [0, 2, 4].every((at) => {
    const bit = (((hash[at] ?? 0) << 8) | (hash[at + 1] ?? 0)) & 0x7ff;
    return ((bloom[BLOOM_BYTES - 1 - (bit >> 3)] ?? 0) & (1 << (bit & 7))) !== 0;
  });
}
