import { type Hex, isHex, pad, size } from "viem";
import type { DispatchedMessage } from "./dispatchedMessages.js";

/** A set of values of one field; `*`, and a key left out, take any. */
type Wildcard<T> = "*" | T | readonly T[];

/** One element of Hyperlane's matching lists, in the spelling of its configuration files; all that is given must fit. */
export interface MatchingElement {
  readonly messageId?: Wildcard<string>;
  readonly originDomain?: Wildcard<number | string>;
  /** 20 or 32 bytes. */
  readonly senderAddress?: Wildcard<string>;
  readonly destinationDomain?: Wildcard<number | string>;
  readonly recipientAddress?: Wildcard<string>;
  /** Over the body as lower-case hex without 0x. */
  readonly bodyRegex?: string;
}

/** What elements look at. Hex in lower case, `sender` and `recipient` as words of 32 bytes. */
export type Matchable = Pick<
  DispatchedMessage,
  "messageId" | "origin" | "sender" | "destination" | "recipient" | "body"
>;

/** Whether a message fits one of the elements. A list without elements is "not set": what that means is the caller's to say. */
export function matches(list: readonly MatchingElement[], message: Matchable): boolean {
  return list.some((element) => fits(element, message));
}

/** Whether a message fits this element. */
export function fits(element: MatchingElement, message: Matchable): boolean {
  const { messageId, originDomain, senderAddress, destinationDomain, recipientAddress, bodyRegex } = element;
  return (
    includes(messageId, message.messageId, lower) &&
    includes(originDomain, message.origin, Number) &&
    includes(senderAddress, message.sender, padded) &&
    includes(destinationDomain, message.destination, Number) &&
    includes(recipientAddress, message.recipient, padded) &&
    (bodyRegex === undefined || new RegExp(bodyRegex).test(message.body.slice(2).toLowerCase()))
  );
}

function includes<T extends string | number, F>(set: Wildcard<T> | undefined, value: F, form: (it: T) => F): boolean {
  if (set === undefined || set === "*") return true;
  const list: readonly T[] = typeof set === "object" ? set : [set];
  return list.some((it) => it === "*" || form(it) === value);
}

function lower(text: string): Hex {
  const bare = text.toLowerCase();
  return `0x${bare.startsWith("0x") ? bare.slice(2) : bare}`;
}

function padded(address: string): Hex {
  const hex = lower(address);
  return isHex(hex) && size(hex) <= 32 ? pad(hex, { size: 32 }) : hex;
}
