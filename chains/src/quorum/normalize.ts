import { numberToHex } from "viem";
import { z } from "zod";

// Providers run different clients, so the same truth arrives in different clothes: upper case, leading zeros, fields of their own. These
// schemas keep the fields we read, in one form and order, and drop the rest; only what was compared is ever handed on.

/** A number as minimal hex. */
export const quantity = z
  .string()
  .regex(/^0x[0-9a-f]+$/i, "expected a hex number")
  .transform((value) => numberToHex(BigInt(value)));

/** Bytes in lower case. */
export const data = z
  .string()
  .regex(/^0x([0-9a-f]{2})*$/i, "expected hex bytes")
  .transform((value) => value.toLowerCase());

function maybe<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined);
}
function orNull<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? null);
}

/** Without `blockTimestamp`, which only some clients add. */
export const log = z.object({
  address: data,
  topics: z.array(data),
  data,
  blockHash: data,
  blockNumber: quantity,
  transactionHash: data,
  transactionIndex: quantity,
  logIndex: quantity,
  removed: z.boolean().default(false),
});

/** Without `gasPrice` where the transaction has a fee cap: clients disagree on what it means before inclusion; and without `yParity`, see `v`. */
export const transaction = z
  .object({
    hash: data,
    blockHash: orNull(data),
    blockNumber: orNull(quantity),
    transactionIndex: orNull(quantity),
    from: data,
    to: orNull(data),
    nonce: quantity,
    value: quantity,
    gas: quantity,
    input: data,
    type: quantity.default("0x0"),
    gasPrice: maybe(quantity),
    maxFeePerGas: maybe(quantity),
    maxPriorityFeePerGas: maybe(quantity),
    r: maybe(quantity),
    s: maybe(quantity),
    v: maybe(quantity),
  })
  .transform(({ gasPrice, ...rest }) => (rest.maxFeePerGas === undefined ? { ...rest, gasPrice } : rest));

/** The same transaction without the place it has in the chain, for providers a block apart. */
export function withoutPlace(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return { ...value, blockHash: null, blockNumber: null, transactionIndex: null };
}

/** A mined block. Fields that only some forks or clients have are left out; the hash commits to them. */
export const block = z.object({
  number: quantity,
  hash: data,
  parentHash: data,
  timestamp: quantity,
  logsBloom: data,
  gasLimit: quantity,
  gasUsed: quantity,
  baseFeePerGas: maybe(quantity),
  miner: data,
  stateRoot: data,
  transactionsRoot: data,
  receiptsRoot: data,
  extraData: data,
  transactions: z.array(z.union([data, transaction])),
});

/** Without blobs' fees, which nodes before and after that fork answer differently. */
export const feeHistory = z.object({
  oldestBlock: quantity,
  baseFeePerGas: z.array(quantity),
  gasUsedRatio: z.array(z.number()),
  reward: maybe(z.array(z.array(quantity))),
});

/** Without the fees of a rollup's other layer, which clients name and round differently. */
export const receipt = z.object({
  transactionHash: data,
  transactionIndex: quantity,
  blockHash: data,
  blockNumber: quantity,
  from: data,
  to: orNull(data),
  contractAddress: orNull(data),
  cumulativeGasUsed: quantity,
  gasUsed: quantity,
  effectiveGasPrice: maybe(quantity),
  status: quantity,
  type: quantity.default("0x0"),
  logsBloom: data,
  logs: z.array(log),
});
