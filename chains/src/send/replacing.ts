import { broadcast } from "./broadcast.js";
import { worstCost } from "./cost.js";
import { type Fees, max, readFees, replacementFees } from "./fees.js";
import type { InFlight } from "./inFlight.js";
import type { Journal } from "./journal.js";
import type { LaneParameters } from "./laneParameters.js";
import { signAttempt } from "./signAttempt.js";
import { simulate } from "./simulate.js";
import type { TransactionAttempt } from "./transactionStore.js";

/**
 * Helps on what has not landed: broadcasts it again now and then, and raises the fee of what holds the others up (its nonce is the next
 * one, `latest`) or has become too cheap.
 */
export async function helpOn(
  parameters: LaneParameters,
  journal: Journal,
  item: InFlight,
  latest: number,
): Promise<void> {
  const { client, clock, rebroadcastAfterMs } = parameters;
  const cancel = item.refused && !item.latest.cancels;
  if (cancel || clock.now() >= item.escalateAt) {
    const current = await readFees(client);
    const tooCheap = BigInt(item.latest.maxFeePerGas) < current.baseFee + current.maxPriorityFeePerGas;
    if (cancel || tooCheap || item.nonce === latest) return await replace(parameters, journal, item, current, cancel);
  }
  if (clock.now() - item.lastBroadcast >= rebroadcastAfterMs) await broadcast(parameters, item);
}

/** Signs the nonce again with a higher fee, or, where nodes refuse the transaction for good, an empty transfer that frees the lane. */
async function replace(
  parameters: LaneParameters,
  journal: Journal,
  item: InFlight,
  current: Fees,
  cancel: boolean,
): Promise<void> {
  const { client, account, chain, chainId, limits, escalateAfterMs, clock, log } = parameters;
  const { id, nonce } = item.record;
  item.escalateAt = clock.now() + escalateAfterMs;
  const cancels = cancel || item.latest.cancels;
  const empty = { id, to: account.address, data: "0x", value: 0n } as const;
  const call = cancels ? empty : { ...item.record, value: BigInt(item.record.value) };
  const gas = cancels ? await simulate(client, chain, account.address, empty) : BigInt(item.record.gas);
  const paid = highestFees(item.record.attempts);
  const l1Fee = BigInt(item.record.l1Fee);
  const fees = replacementFees(paid, current, limits, gas, l1Fee);
  if (fees === undefined) {
    const facts = { chain, id, nonce, maxFeePerGas: paid.maxFeePerGas };
    log.warn("a transaction waits, and its fee is at the limit", facts);
    return await broadcast(parameters, item);
  }
  const signed = await journal.change(item, async (record) => {
    // It may have landed meanwhile.
    if (record.state !== "signed") return undefined;
    const counted = BigInt(record.cost);
    const cost = max(worstCost(BigInt(record.gas), fees, l1Fee), counted);
    journal.spending.check(id, cost, counted);
    const { to, data, value } = call;
    const signedAt = clock.now();
    const attempt = await signAttempt({ account, chainId, nonce, to, data, value, gas, fees, cancels, signedAt });
    return { ...record, attempts: [...record.attempts, attempt], cost: cost.toString() };
  });
  if (!signed) return;
  log.warn("transaction signed again", { chain, id, nonce, cancels, maxFeePerGas: fees.maxFeePerGas });
  await broadcast(parameters, item);
}

/** Any attempt may be the one a pool holds, so a replacement has to beat all of them. */
function highestFees(attempts: readonly TransactionAttempt[]): Fees {
  const highest = (fees: readonly string[]) => fees.map(BigInt).reduce(max, 0n);
  return {
    maxFeePerGas: highest(attempts.map((it) => it.maxFeePerGas)),
    maxPriorityFeePerGas: highest(attempts.map((it) => it.maxPriorityFeePerGas)),
  };
}
