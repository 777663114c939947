import { setTimeout as delay } from "node:timers/promises";
import { simulate } from "@herald/chains/send/simulate";
import type { TransactionSender } from "@herald/chains/send/transactionSender";
import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { infernetCoordinatorAbi } from "@herald/wire/abi/InfernetCoordinator";
import { formatError } from "@herald/wire/errors";
import type { Log } from "@herald/wire/log";
import { type Address, encodeFunctionData, type PublicClient, zeroHash } from "viem";
import { dueInterval, type Schedule } from "./dueInterval.js";
import { createRelayFees, type Offer } from "./relayFees.js";

const LOOK_MS = 2_000;
/** Subscriptions read by one call. */
const READ_AT_ONCE = 100;
/** Pokes under way at a time: what hostile consumers can keep busy. */
const MAX_POKES = 8;
/** The longest input takes about half of it; a consumer that takes more burns its poker's money. */
const MAX_POKE_GAS = 1_000_000n;
/** What failed rests for this long, twice as long each time, up to a day: pokes cost gas, and a subscription has intervals without end. */
const FIRST_REST_MS = 15_000;
const LONGEST_REST_MS = 86_400_000;

/** A subscription worth asking for, and how that went. */
interface Entry {
  readonly id: number;
  readonly schedule: Schedule;
  readonly offer: Offer;
  /** The last interval that needs nothing more from us. */
  done: number;
  failures: number;
  restsUntil: number;
}

/**
 * Asks the due intervals of an Infernet coordinator's subscriptions: of those whose route this relayer serves and whose wallet leaves it
 * enough. Anyone else may ask first. This relayer asks an interval once, whatever becomes of its request; the transaction sender and the
 * chain remember that over a restart.
 */
export function createPoker(parameters: {
  readonly chain: string;
  readonly client: PublicClient;
  readonly gateway: Address;
  readonly coordinator: Address;
  /** Least relay fee of a request, in wei; it has to pay for the poke too. */
  readonly minRelayFee: bigint;
  /** Policies this relayer serves. */
  readonly policies: readonly number[];
  readonly account: Address;
  readonly sender: TransactionSender;
  readonly lookMs?: number;
  readonly log: Log;
  readonly signal: AbortSignal;
}): {
  /** Looks and asks until the signal; what rests goes on resting if it is called again after a failure. */ run(): Promise<void>;
} {
  const { chain, client, gateway, minRelayFee, policies, account, sender, lookMs = LOOK_MS, signal } = parameters;
  const coordinator = { address: parameters.coordinator, abi: infernetCoordinatorAbi } as const;
  const log = parameters.log.child({ part: "infernet", chain });
  const fees = createRelayFees({ client, coordinator: coordinator.address, policies });
  const entries = new Map<number, Entry>();
  const poking = new Map<number, Promise<void>>();
  let next = 1;

  /** Takes up subscriptions made since the last look. What can never pay enough is forgotten at once. */
  async function readNew(): Promise<void> {
    const end = await client.readContract({ ...coordinator, functionName: "id" });
    while (next < end && !signal.aborted) {
      const to = Math.min(end, next + READ_AT_ONCE);
      const args = [next, to] as const;
      const found = await client.readContract({ ...coordinator, functionName: "readSubscriptionBatch", args });
      for (const [i, { activeAt, period, frequency, ...offer }] of found.entries()) {
        if ((await fees.of(offer, 0n)) < minRelayFee) continue;
        const schedule = { activeAt, period, frequency };
        entries.set(next + i, { id: next + i, schedule, offer, done: 0, failures: 0, restsUntil: 0 });
      }
      next = to;
    }
  }

  async function look(): Promise<void> {
    await readNew();
    const now = Number((await client.getBlock()).timestamp);
    for (const entry of entries.values()) {
      const interval = dueInterval(entry.schedule, now);
      if (interval === "over" || entry.done >= entry.schedule.frequency) entries.delete(entry.id);
      else if (interval !== "later" && interval > entry.done && Date.now() >= entry.restsUntil) start(entry, interval);
    }
  }

  function start(entry: Entry, interval: number): void {
    if (poking.has(entry.id) || poking.size >= MAX_POKES) return;
    const run = poke(entry, interval)
      .catch((error: unknown) => rest(entry, formatError(error)))
      .finally(() => poking.delete(entry.id));
    poking.set(entry.id, run);
  }

  async function poke(entry: Entry, interval: number): Promise<void> {
    const { id } = entry;
    const [{ activeAt }, asked, protocolFee] = await Promise.all([
      client.readContract({ ...coordinator, functionName: "getSubscription", args: [id] }),
      client.readContract({ ...coordinator, functionName: "requestOf", args: [id, interval] }),
      client.readContract({ address: gateway, abi: inferenceGatewayAbi, functionName: "protocolFee" }),
    ]);
    // Cancelled meanwhile.
    if (activeAt !== entry.schedule.activeAt) return void entries.delete(id);
    if (asked !== zeroHash) return void Object.assign(entry, { done: interval });
    const fee = await fees.of(entry.offer, protocolFee);
    if (fee < minRelayFee) return rest(entry, `its relay fee is ${fee} wei, of which ${minRelayFee} are asked`);
    const call = {
      id: `poke/${coordinator.address}/${id}/${interval}`,
      to: coordinator.address,
      data: encodeFunctionData({ abi: coordinator.abi, functionName: "poke", args: [id, interval] }),
    };
    const gas = await simulate(client, chain, account, call);
    if (gas > MAX_POKE_GAS) return rest(entry, `its poke would take ${gas} gas`);
    const { hash } = await sender.send(call);
    log.info("An interval was asked.", { subscription: id, interval, tx: hash });
    Object.assign(entry, { done: interval, failures: 0 });
  }

  function rest(entry: Entry, reason: string): void {
    if (signal.aborted) return;
    const ms = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** entry.failures);
    Object.assign(entry, { failures: entry.failures + 1, restsUntil: Date.now() + ms });
    log.debug("A subscription is not asked for now.", { subscription: entry.id, restMs: ms, reason });
  }

  return {
    async run() {
      while (!signal.aborted) {
        await look();
        await delay(lookMs, undefined, { signal }).catch(() => undefined);
      }
      await Promise.all(poking.values());
    },
  };
}
