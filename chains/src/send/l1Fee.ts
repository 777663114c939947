import { type Address, type Hex, type PublicClient, parseAbi, serializeTransaction } from "viem";
import type { Fees } from "./fees.js";

/** Where every OP-stack chain has its GasPriceOracle. */
const GAS_PRICE_ORACLE: Address = "0x420000000000000000000000000000000000000F";
const oracleAbi = parseAbi(["function getL1Fee(bytes transaction) view returns (uint256)"]);

/** Whether the chain takes a fee for its data on L1 apart from gas. Arbitrum does not: there the gas limit pays for it. */
export async function takesL1Fee(client: PublicClient): Promise<boolean> {
  const code = await client.getCode({ address: GAS_PRICE_ORACLE });
  return code !== undefined && code !== "0x";
}

/** What a transaction's data will cost on L1, in wei. A quarter more than now, as the fee is that of the block it lands in. */
export async function estimateL1Fee(
  client: PublicClient,
  transaction: {
    readonly chainId: number;
    readonly nonce: number;
    readonly to: Address;
    readonly data: Hex;
    readonly value: bigint;
    readonly gas: bigint;
    readonly fees: Fees;
  },
): Promise<bigint> {
  const { fees, ...rest } = transaction;
  // Unsigned: the oracle adds the signature's bytes itself.
  const bytes = serializeTransaction({ type: "eip1559", ...rest, ...fees });
  const fee = await client.readContract({
    address: GAS_PRICE_ORACLE,
    abi: oracleAbi,
    functionName: "getL1Fee",
    args: [bytes],
  });
  return (fee * 5n) / 4n;
}
