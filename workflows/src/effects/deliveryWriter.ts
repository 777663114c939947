import { setTimeout as delay } from "node:timers/promises";
import { prepareDelivery } from "@herald/chains/hyperlane/deliveryCall";
import { type DispatchedMessage, dispatchedMessages } from "@herald/chains/hyperlane/dispatchedMessages";
import { createOriginTree } from "@herald/chains/hyperlane/originTree";
import type { TransactionSender } from "@herald/chains/send/transactionSender";
import { HeraldError } from "@herald/wire/errors";
import type { Log } from "@herald/wire/log";
import { type Address, type Hex, isAddressEqual, type PublicClient } from "viem";
import type { SpanRecorder } from "../activities/spans.js";
import type { MessageReference } from "../flows/contract.js";
import type { Batch, Effect } from "./outbox.js";
import { type GatewayVerdict, readSettlements } from "./readSettlements.js";
import type { BatchNotes, EffectWriter } from "./writerLoop.js";

/** How often the validators' files are looked at while signatures are missing: quickly at first, they sign within a block or two. */
const SIGNATURE_POLL_MS = { first: 100, later: 1_000, after: 10_000 };
/** How often the chain is asked meanwhile whether somebody delivered the message, and whose signatures it wants. */
const CHAIN_POLL_MS = 1_000;
/** A validator that has not signed by now is not merely slow: somebody should look after it. */
const PATIENCE_MS = 5_000;
const MISSING_FIX =
  "See that each validator named here runs, signs for the hub's chain, and that its storage can be read from this machine.";

/** Validators of the hub, whose signatures the lane's security module wants. */
export interface HubValidator {
  readonly address: Address;
  /** Announced storage location. */
  readonly storage: string;
}

/** A request the chain settled without us: what the index saw. */
export interface SettledElsewhere {
  settlementOf(requestId: string): Promise<{ readonly verdict: GatewayVerdict; readonly tx: string } | null>;
}

/**
 * Delivers hub messages to one origin gateway. Requests that travelled in the same message are delivered by the same transaction; somebody
 * else's delivery is as good as ours.
 */
export function deliveryWriter(parameters: {
  readonly chain: string;
  readonly client: PublicClient;
  readonly hubClient: PublicClient;
  readonly hubDomain: number;
  readonly merkleTreeHook: Address;
  readonly mailbox: Address;
  readonly gateway: Address;
  readonly validators: readonly HubValidator[];
  readonly sender: TransactionSender;
  readonly settledElsewhere: SettledElsewhere;
  readonly spans: SpanRecorder;
  readonly log: Log;
  readonly signal: AbortSignal;
}): EffectWriter {
  const { chain, client, hubClient, merkleTreeHook, gateway, sender, settledElsewhere, spans, log, signal } =
    parameters;
  const originTree = createOriginTree({ client: hubClient, merkleTreeHook });
  return {
    kind: "delivery",
    lane: chain,
    group: groupByMessage,
    async act(batch, note) {
      const { messageId, hubTx } = messageOf(batch);
      const ids = batch.effects.map((it) => it.requestId);
      const from = Date.now();
      const message = await readMessage(hubTx, messageId);
      const call = await waitForSignatures(message, batch, note.explain);
      await spans.record(ids, "validators", from, Date.now());
      if (call === "delivered") return await collectVerdicts(batch, new Map(), null);
      await note.explain("The delivery is on its way.");
      const mined = await sender.send({ id: `deliver/${messageId}`, to: call.to, data: call.data });
      await spans.record(ids, "block", mined.broadcastAt, mined.minedAt);
      return await collectVerdicts(batch, readSettlements(gateway, mined.receipt), mined.hash);
    },
  };

  async function readMessage(hubTx: Hex, messageId: string): Promise<DispatchedMessage> {
    const receipt = await hubClient.getTransactionReceipt({ hash: hubTx });
    const message = dispatchedMessages(receipt).find((it) => it.messageId === messageId);
    if (message !== undefined) return message;
    throw new HeraldError({
      code: "HUB_MESSAGE_GONE",
      message: "The hub transaction no longer contains the message.",
      facts: { hubTx, messageId },
      fix: "Look for a reorganisation of the hub chain; the result can be published again.",
      actor: "operator",
      retry: { afterMs: 10_000 },
    });
  }

  // Waiting for signatures is a watch, not a retry: nothing failed, somebody has to sign first. It ends without them once the chain has
  // settled all of the message's requests, by refund or by another message.
  async function waitForSignatures(
    message: DispatchedMessage,
    batch: Batch,
    explain: BatchNotes["explain"],
  ): Promise<{ readonly to: Address; readonly data: Hex } | "delivered"> {
    let said = "";
    for (const since = Date.now(); ; ) {
      signal.throwIfAborted();
      const prepared = await prepareDelivery({
        client,
        mailbox: parameters.mailbox,
        message,
        originDomain: parameters.hubDomain,
        merkleTreeHook,
        originTree,
        locations: Object.fromEntries(parameters.validators.map((it) => [it.address, it.storage])),
        log,
      });
      if (prepared.state === "delivered") return "delivered";
      if (prepared.state === "ready") return prepared.call;
      const missing = prepared.reasons.map((it) => `${nameOf(it.validator)} ${it.reason}`).join("; ");
      const reason = `${prepared.signed} of ${prepared.threshold} validator signatures are there. ${missing}`;
      const late = Date.now() - since > PATIENCE_MS;
      // The time of the next look goes with the reason only once it matters: each is a write.
      if (late || reason !== said) {
        await explain(reason, late ? "operator" : "upstream", {
          code: "VALIDATOR_SIGNATURE_MISSING",
          ...(late && { fix: MISSING_FIX, nextAttemptAt: Date.now() + CHAIN_POLL_MS }),
        });
      }
      said = reason;
      if (await allSettled(batch)) return "delivered";
      const pollMs = Date.now() - since < SIGNATURE_POLL_MS.after ? SIGNATURE_POLL_MS.first : SIGNATURE_POLL_MS.later;
      const lookAgainAt = Date.now() + CHAIN_POLL_MS;
      do await delay(pollMs, undefined, { signal });
      while (Date.now() < lookAgainAt && !(await prepared.hasEnough()));
    }
  }

  function nameOf(validator: Address): string {
    const known = parameters.validators.find((it) => isAddressEqual(it.address, validator));
    return known === undefined ? validator : `${validator} at ${known.storage}`;
  }

  async function allSettled(batch: Batch): Promise<boolean> {
    const found = await Promise.all(batch.effects.map((it) => settledElsewhere.settlementOf(it.requestId)));
    return found.every((it) => it !== null);
  }

  async function collectVerdicts(batch: Batch, verdicts: ReadonlyMap<string, GatewayVerdict>, tx: Hex | null) {
    return await Promise.all(
      batch.effects.map(async (key) => {
        const own = verdicts.get(key.requestId.toLowerCase());
        // Somebody else's message was there before ours: theirs is the verdict.
        const ours = own !== undefined && own.rejection !== "alreadySettled";
        const found = ours && tx !== null ? { verdict: own, tx } : await settledElsewhere.settlementOf(key.requestId);
        if (found === null) {
          throw new HeraldError({
            code: "DELIVERY_VERDICT_MISSING",
            message: "The message was processed, but the gateway's word on the request has not been seen yet.",
            facts: { requestId: key.requestId, chain, deliveryTx: tx ?? "(not ours)" },
            fix: "Nothing; the watcher will see it with the next blocks.",
            actor: "upstream",
            retry: { afterMs: 1_000 },
          });
        }
        return { key, reference: { ...found.verdict, deliveryTx: found.tx, at: Date.now() } };
      }),
    );
  }
}

/** The payload `deliverMessage` leaves in the outbox. */
function messageOf(batch: {
  readonly effects: readonly Effect[];
}): Pick<MessageReference, "messageId"> & { hubTx: Hex } {
  // CAST: written by createEffectActivities; every effect of a batch names the same message.
  return batch.effects[0]?.payload as unknown as Pick<MessageReference, "messageId"> & { hubTx: Hex };
}

function groupByMessage(effects: readonly Effect[]): readonly (readonly Effect[])[] {
  const groups = new Map<string, Effect[]>();
  for (const effect of effects) {
    const { messageId } = messageOf({ effects: [effect] });
    groups.set(messageId, [...(groups.get(messageId) ?? []), effect]);
  }
  return [...groups.values()];
}
