import { type Hex, isHex } from "viem";
import { z } from "zod";

const hex = z.custom<Hex>((value) => isHex(value), "expected hex: 0x and digits");
/** Which JSON-RPC methods a fault hits; all of them unless told otherwise. */
const methods = z.array(z.string().min(1)).min(1).optional();

/** A way for a proxy not to tell what its node says. */
export const lieSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("forgeLog"),
    address: hex,
    topics: z.array(hex),
    data: hex,
    /** Block it claims to be in; the last block of the first query that it matches unless told otherwise. */
    blockNumber: z.int().min(0).optional(),
  }),
  /** Flips the last bit of the data of every log with this first topic. */
  z.strictObject({ type: z.literal("changeLogs"), topic0: hex }),
  /** Leaves out every log with this first topic. */
  z.strictObject({ type: z.literal("hideLogs"), topic0: hex }),
  /** Another hash for every block from `from` on, told consistently: in parents, logs, receipts and look-ups by hash. */
  z.strictObject({ type: z.literal("changeHashes"), from: z.int().min(0).default(0) }),
  /** Knows nothing of the last `blocks` blocks. */
  z.strictObject({ type: z.literal("holdHead"), blocks: z.int().min(1) }),
  /** Answers with an HTTP status such as 429 and no JSON. */
  z.strictObject({ type: z.literal("httpStatus"), status: z.int().min(400).max(599), methods }),
  z.strictObject({ type: z.literal("rpcError"), code: z.int(), message: z.string(), methods }),
  /** Takes the request and never answers. */
  z.strictObject({ type: z.literal("hang"), methods }),
]);

export type Lie = z.input<typeof lieSchema>;
export type ParsedLie = z.output<typeof lieSchema>;

/** What a test makes a proxy do. Faults add up until `heal`. */
export interface ProxyControl {
  lie(rule: Lie): Promise<void>;
  /** Delays every answer by so many milliseconds. */
  lag(ms: number): Promise<void>;
  /** Refuses connections. */
  die(): Promise<void>;
  /** Takes every fault away. */
  heal(): Promise<void>;
}
