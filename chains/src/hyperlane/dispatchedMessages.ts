import { HeraldError } from "@herald/wire/errors";
import { type Address, type Hex, isAddressEqual, type Log, pad, parseEventLogs } from "viem";
import { gasPaymasterAbi, mailboxAbi, merkleTreeHookAbi } from "./hyperlaneAbi.js";
import { decodeMessage, type HyperlaneMessage, messageIdOf } from "./messageCodec.js";

/** A payment for the delivery of a message. Any contract can emit one: compare `paymaster`. */
export interface GasPayment {
  readonly paymaster: Address;
  /** Of the destination. */
  readonly gasAmount: bigint;
  /** Wei of the origin, or of the token that was agreed on. */
  readonly payment: bigint;
}

/** A message a Mailbox dispatched in a transaction, with the leaves its hooks made of it. */
export interface DispatchedMessage extends HyperlaneMessage {
  readonly messageId: Hex;
  /** The complete packed message, as `Mailbox.process` takes it. */
  readonly message: Hex;
  /** The Mailbox that dispatched it. */
  readonly mailbox: Address;
  /** The block that dispatched it, as the receipt has it. */
  readonly blockHash: Hex;
  readonly transactionHash: Hex;
  /** What the same transaction paid gas paymasters for its delivery. */
  readonly gasPayments: readonly GasPayment[];
  /** Where the same transaction inserted it; the index is a leaf index, which need not equal the message's nonce. */
  readonly insertions: readonly { readonly merkleTreeHook: Address; readonly index: number }[];
}

/**
 * The messages dispatched in a transaction, in order. Any contract can emit such events: a caller that does not know what ran in the
 * transaction compares `mailbox`.
 * @throws HeraldError HYPERLANE_RECEIPT_INCONSISTENT if the logs contradict each other or the message they carry
 */
export function dispatchedMessages(receipt: { readonly logs: Log[] }): readonly DispatchedMessage[] {
  const { logs } = receipt;
  const ids = parseEventLogs({ abi: mailboxAbi, eventName: "DispatchId", logs });
  const inserted = parseEventLogs({ abi: merkleTreeHookAbi, eventName: "InsertedIntoTree", logs });
  const paid = parseEventLogs({ abi: gasPaymasterAbi, eventName: "GasPayment", logs });
  const dispatches = parseEventLogs({ abi: mailboxAbi, eventName: "Dispatch", logs });
  if (ids.length !== dispatches.length) {
    throw inconsistent({ dispatches: dispatches.length, ids: ids.length });
  }
  return dispatches.map((dispatch, i): DispatchedMessage => {
    const { message, sender, destination, recipient } = dispatch.args;
    const parts = decodeMessage(message);
    const messageId = messageIdOf(message);
    const id = ids[i];
    const same =
      id !== undefined &&
      isAddressEqual(id.address, dispatch.address) &&
      id.args.messageId === messageId &&
      pad(sender, { size: 32 }).toLowerCase() === parts.sender &&
      destination === parts.destination &&
      recipient === parts.recipient;
    if (!same) throw inconsistent({ messageId, dispatchId: id?.args.messageId, logIndex: dispatch.logIndex });
    // By id, not by position: hooks of two messages in one transaction may run in any order.
    const insertions = inserted
      .filter((log) => log.args.messageId === messageId)
      .map((log) => ({ merkleTreeHook: log.address, index: log.args.index }));
    const gasPayments = paid
      .filter((log) => log.args.messageId === messageId && log.args.destinationDomain === destination)
      .map(({ address, args }) => ({ paymaster: address, gasAmount: args.gasAmount, payment: args.payment }));
    const { address: mailbox, blockHash, transactionHash } = dispatch;
    return { ...parts, messageId, message, mailbox, blockHash, transactionHash, gasPayments, insertions };
  });
}

function inconsistent(facts: Record<string, unknown>): HeraldError {
  return new HeraldError({
    code: "HYPERLANE_RECEIPT_INCONSISTENT",
    message: "The transaction's Dispatch and DispatchId logs do not fit each other.",
    facts,
    fix: "Check the provider: a Mailbox never writes such logs.",
    actor: "upstream",
    retry: { afterMs: 5_000 },
  });
}
