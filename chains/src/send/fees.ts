import { HeraldError } from "@herald/wire/errors";
import type { PublicClient } from "viem";

/** What a transaction may cost. */
export interface SpendLimits {
  /** Most wei per gas, tip included. */
  readonly maxFeePerGas?: bigint;
  /** Most wei one transaction may burn (gas limit × fee and its data on L1, without its value). */
  readonly maxCost?: bigint;
  /** Most wei all transactions of the key on this chain may burn in a UTC day. */
  readonly maxPerDay?: bigint;
}

/** EIP-1559 fees in wei per gas. */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** Twice the base fee pays for six full blocks in a row, each of which raises it by an eighth. */
const BASE_FEE_HEADROOM = 2n;
/** Nodes want 10 % on both fields before they replace (geth's and erigon's PriceBump); an eighth leaves room for rounding. */
const BUMP_DIVISOR = 8n;

/** No replacement pays more than this many times today's fee, as in the official relayer: what does not land then has another reason. */
const REPLACEMENT_CEILING = 3n;

/** Blocks that say what a tip has to be. */
const HISTORY_BLOCKS = 5;

/**
 * What inclusion costs now, before any limit: the base fee of the next block, and the tip that half the gas of a usual block paid more than.
 * Where most blocks are empty any tip does, so the nodes' own suggestion is taken; else our own last tips would raise the next.
 */
export async function readFees(client: PublicClient): Promise<Fees & { readonly baseFee: bigint }> {
  const [history, suggested] = await Promise.all([
    client.getFeeHistory({ blockCount: HISTORY_BLOCKS, rewardPercentiles: [50] }),
    client.estimateMaxPriorityFeePerGas(),
  ]);
  const baseFee = history.baseFeePerGas.at(-1) ?? 0n;
  const tips = (history.reward ?? []).map(([tip = 0n]) => tip).sort((a, b) => Number(a - b));
  const tip = tips[Math.floor(tips.length / 2)] || suggested;
  return { baseFee, maxFeePerGas: baseFee * BASE_FEE_HEADROOM + tip, maxPriorityFeePerGas: tip };
}

/** The most per gas that `limits` allow a transaction with this gas limit and this much to pay for its data on L1. */
export function feeCap(limits: SpendLimits, gas: bigint, l1Fee: bigint): bigint | undefined {
  const { maxFeePerGas, maxCost } = limits;
  const caps = [maxFeePerGas, maxCost === undefined ? undefined : max(maxCost - l1Fee, 0n) / gas];
  return caps.reduce(
    (least, cap) => (cap !== undefined && (least === undefined || cap < least) ? cap : least),
    undefined,
  );
}

/**
 * Fees of a first attempt: today's, cut to the limits.
 * @throws HeraldError SEND_FEE_ABOVE_LIMIT if even the base fee is above them
 */
export function firstFees(
  current: Fees & { readonly baseFee: bigint },
  limits: SpendLimits,
  gas: bigint,
  l1Fee: bigint,
): Fees {
  const cap = feeCap(limits, gas, l1Fee);
  if (cap === undefined) return current;
  if (current.baseFee > cap || cap === 0n) {
    throw new HeraldError({
      code: "SEND_FEE_ABOVE_LIMIT",
      message: "The chain's base fee is above what this transaction may cost.",
      facts: { baseFee: current.baseFee, limit: cap, gas, l1Fee },
      fix: "Wait for the fee to fall, or raise the spend limits.",
      actor: "operator",
      retry: { afterMs: 10_000 },
    });
  }
  return clamp(current, cap);
}

/** Fees that replace `last` in every pool, or undefined where the limits leave no room for it. */
export function replacementFees(
  last: Fees,
  current: Fees,
  limits: SpendLimits,
  gas: bigint,
  l1Fee: bigint,
): Fees | undefined {
  const bumped = (fee: bigint) => fee + fee / BUMP_DIVISOR + 1n;
  const ceiling = current.maxFeePerGas * REPLACEMENT_CEILING;
  const cap = min(feeCap(limits, gas, l1Fee) ?? ceiling, ceiling);
  const least = { maxFeePerGas: bumped(last.maxFeePerGas), maxPriorityFeePerGas: bumped(last.maxPriorityFeePerGas) };
  if (least.maxFeePerGas > cap) return undefined;
  const wanted = {
    maxFeePerGas: max(least.maxFeePerGas, current.maxFeePerGas),
    maxPriorityFeePerGas: max(least.maxPriorityFeePerGas, current.maxPriorityFeePerGas),
  };
  const fees = { ...wanted, maxFeePerGas: max(wanted.maxFeePerGas, wanted.maxPriorityFeePerGas) };
  return clamp(fees, cap);
}

function clamp({ maxFeePerGas, maxPriorityFeePerGas }: Fees, cap: bigint): Fees {
  return {
    maxFeePerGas: min(maxFeePerGas, cap),
    maxPriorityFeePerGas: min(maxPriorityFeePerGas, min(maxFeePerGas, cap)),
  };
}

/** The smaller of two. */
export function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** The larger of two. */
export function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
