import { setTimeout as delay } from "node:timers/promises";
import { errorCode, HeraldError } from "@herald/wire/errors";
import type { Address, PublicClient, TransactionReceipt } from "viem";
import type { TransactionSender } from "../send/transactionSender.js";
import type { Finality } from "../watch/finality.js";
import { type DeliveryParameters, type PreparedDelivery, prepareDelivery } from "./deliveryCall.js";
import { followDelivery } from "./followDelivery.js";
import { type GasPolicy, judgeGasPayment } from "./gasPolicy.js";
import { readLaterGasPayments } from "./laterGasPayments.js";
import type { Unsigned } from "./metadata/metadata.js";

/** How often the validators' files are looked at, and the chains: whether somebody delivered, whose signatures are wanted. */
const SIGNATURE_POLL_MS = 250;
const CHAIN_POLL_MS = 2_000;

/** What the sender says of a delivery that came after somebody else's. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set(["SEND_REVERTED", "SEND_MINED_REVERTED", "SEND_UNSETTLED"]);

type ReadyCall = Extract<PreparedDelivery, { state: "ready" }>["call"];

/** What has to be paid for a delivery, and where the payments are. */
export interface GasPayments {
  readonly policies: readonly GasPolicy[];
  /** Of the origin chain. */
  readonly client: PublicClient;
  readonly paymaster: Address;
  /** Gas of earlier deliveries that landed and reverted, as the caller has counted it; they are paid out of the same payments. */
  readonly spentGas?: bigint;
}

/** How a message came to its recipient, for good. */
export interface Delivery {
  /** Of our transaction; undefined if somebody else delivered. */
  readonly receipt: TransactionReceipt | undefined;
}

/**
 * Delivers any message of a Mailbox, and returns once the destination's final block has it. Waits for signatures; somebody else's delivery is as
 * good as ours; one that a reorganisation takes back is made again.
 * @throws HeraldError HYPERLANE_GAS_UNPAID, HYPERLANE_GAS_UNDERPAID, HYPERLANE_GAS_NO_POLICY; what `prepareDelivery` and the sender throw. After any
 * of them calling again is safe.
 */
export async function deliverMessage(
  parameters: DeliveryParameters & {
    /** Of the destination chain. */
    readonly sender: TransactionSender;
    readonly relayer: Address;
    /** When a block of the destination is final. */
    readonly finality: Finality;
    /** Default: delivered whoever pays. */
    readonly gasPayments?: GasPayments;
    /** Told why the message waits, whenever that changes. */
    readonly onWaiting?: (unsigned: Unsigned) => void;
    readonly pollMs?: number;
    readonly signal: AbortSignal;
  },
): Promise<Delivery> {
  const { client, mailbox, message, sender, finality, signal, log } = parameters;
  const { messageId } = message;
  let sent: ReadyCall | undefined;
  for (;;) {
    const call = await readyCall();
    if (call !== undefined) {
      await demandPayment(call);
      await send(call);
      sent = call;
    }
    const pollMs = parameters.pollMs ?? CHAIN_POLL_MS;
    const end = await followDelivery({ client, mailbox, messageId, finality, pollMs, log, signal });
    if (end === "final") return { receipt: sent && (await finalReceipt(sent)) };
    log.warn("a reorganisation took the delivery back; delivering again", { messageId });
  }

  /** The id's second call follows the first one's transaction, and brings it back where a reorganisation removed it. */
  async function send(call: ReadyCall): Promise<TransactionReceipt> {
    return (await sender.send({ id: `deliver/${messageId}`, ...call })).receipt;
  }

  /** As the chain has it now: a reorganisation may have moved ours to another block, or let somebody else's delivery in before it. */
  async function finalReceipt(call: ReadyCall): Promise<TransactionReceipt | undefined> {
    try {
      return await send(call);
    } catch (error) {
      if (WITHOUT_EFFECT.has(errorCode(error) ?? "")) return undefined;
      throw error;
    }
  }

  /** undefined: delivered already. */
  async function readyCall(): Promise<ReadyCall | undefined> {
    let said = "";
    for (;;) {
      signal.throwIfAborted();
      const prepared = await prepareDelivery(parameters);
      if (prepared.state === "delivered") return undefined;
      if (prepared.state === "ready") return prepared.call;
      const saying = JSON.stringify([prepared.signed, prepared.threshold, prepared.reasons]);
      if (saying !== said) parameters.onWaiting?.(prepared);
      said = saying;
      const lookAgainAt = Date.now() + (parameters.pollMs ?? CHAIN_POLL_MS);
      do await delay(Math.min(SIGNATURE_POLL_MS, parameters.pollMs ?? SIGNATURE_POLL_MS), undefined, { signal });
      while (Date.now() < lookAgainAt && !(await prepared.hasEnough()));
    }
  }

  async function demandPayment(call: { readonly to: Address; readonly data: `0x${string}` }): Promise<void> {
    if (parameters.gasPayments === undefined) return;
    const { policies, client: origin, paymaster, spentGas: spent = 0n } = parameters.gasPayments;
    const own = message.gasPayments.filter((it) => it.paymaster.toLowerCase() === paymaster.toLowerCase());
    const [later, estimate] = await Promise.all([
      readLaterGasPayments({ client: origin, paymaster, message }),
      client.estimateGas({ account: parameters.relayer, to: call.to, data: call.data, prepare: false }),
    ]);
    const verdict = judgeGasPayment(policies, message, [...own, ...later], { estimate, spent });
    if (verdict.deliver) return;
    throw new HeraldError({
      code: verdict.code,
      message: "The message is not delivered for what was paid.",
      facts: { messageId, paymaster, reason: verdict.reason },
      fix: "Pay the gas paymaster of the origin for this message id; anybody may.",
      actor: "user",
      retry: { afterMs: 10_000 },
    });
  }
}
