import type { BlockRef, GatewayEvent, WatcherStep } from "@herald/chains/watch/watcherStep";
import { parseModelId, parseRequestId } from "@herald/wire/ids";
import { type Hex, keccak256 } from "viem";

const address = (byte: string): Hex => `0x${byte.repeat(20)}`;
const hash = (n: number, fork = 0): Hex => `0x${(n * 256 + fork).toString(16).padStart(64, "0")}`;

/** Block `number` of a chain; another `fork` is another block at the same height. */
export function block(number: number, fork = 0): BlockRef {
  return {
    number: BigInt(number),
    hash: hash(number, fork),
    parentHash: hash(number - 1, fork),
    timestamp: BigInt(1_700_000_000 + number),
  };
}

/** Request `n`, opened in a block. */
export function opened(
  n: number,
  at: BlockRef,
  terms: {
    readonly requester?: string;
    readonly policyId?: number;
    readonly deadline?: number;
    readonly outputMode?: number;
    readonly feeToken?: Hex;
  } = {},
): GatewayEvent {
  return {
    type: "RequestOpened",
    id: parseRequestId(hash(n)),
    seq: BigInt(n),
    block: at,
    txHash: hash(n, 1),
    logIndex: n,
    terms: {
      version: 1,
      salt: hash(n),
      requester: address(terms.requester ?? "02"),
      consumer: address("03"),
      refundTo: address("02"),
      callbackGasLimit: 100_000,
      contextHash: hash(4),
      modelId: parseModelId(hash(5)),
      inputHash: hash(6),
      inputMode: 0,
      outputMode: terms.outputMode ?? 0,
      policyId: terms.policyId ?? 1,
      feeToken: terms.feeToken ?? address("00"),
      workerFee: 1n,
      relayFee: 1n,
      protocolFee: 0n,
      relayer: address("00"),
      deadline: terms.deadline ?? Math.floor(Date.now() / 1000) + 600,
    },
    input: "0x6869",
    context: "0x",
  };
}

/** What a gateway said of request `n` after its opening, in a block. */
export function said(n: number, at: BlockRef, event: Said, logIndex = n): GatewayEvent {
  // CAST: an event whole again is one of its kinds.
  return { ...event, id: parseRequestId(hash(n)), block: at, txHash: hash(n, 2), logIndex } as GatewayEvent;
}
type Said = GatewayEvent extends infer It
  ? It extends { readonly id: unknown }
    ? Omit<It, "id" | "block" | "txHash" | "logIndex">
    : never
  : never;

/** The output of every delivered result is "hi". */
export const result = {
  outputHash: keccak256("0x6869"),
  evidenceHash: hash(7),
  relayer: address("08"),
  payees: [address("09")],
  output: "0x6869",
} as const;

export function delivered(n: number, at: BlockRef, status = 1, isFinal = true): GatewayEvent {
  return said(n, at, { type: "ResultDelivered", status, ...result, isFinal });
}

/** One step of the chain `base`. */
export function step(parts: {
  readonly added?: readonly { readonly block: BlockRef; readonly events: readonly GatewayEvent[] }[];
  readonly removed?: readonly BlockRef[];
  readonly finalized?: number;
  readonly chain?: string;
}): WatcherStep {
  const added = parts.added ?? [];
  const cursor = added.at(-1)?.block ?? block(0);
  return {
    chain: parts.chain ?? "base",
    removed: parts.removed ?? [],
    added,
    cursor,
    finalized: { number: BigInt(parts.finalized ?? -1) },
    isLeap: false,
    head: { number: cursor.number },
  };
}

export const idOf = (n: number): Hex => hash(n);
