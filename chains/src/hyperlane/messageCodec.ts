import { HeraldError } from "@herald/wire/errors";
import {
  type Address,
  concatHex,
  getAddress,
  type Hex,
  hexToBigInt,
  hexToNumber,
  keccak256,
  numberToHex,
  pad,
  size,
  slice,
} from "viem";

/** Version of the message layout (Mailbox.sol). */
export const MESSAGE_VERSION = 3;
/** Bytes before the body. */
const HEADER_BYTES = 77;

/** A Hyperlane message, taken apart. */
export interface HyperlaneMessage {
  readonly nonce: number;
  readonly origin: number;
  /** bytes32; an EVM address is padded on the left. */
  readonly sender: Hex;
  readonly destination: number;
  readonly recipient: Hex;
  readonly body: Hex;
}

/** Packs a message as the Mailbox does (Message.sol): big-endian, no padding. */
export function encodeMessage(message: HyperlaneMessage): Hex {
  return concatHex([
    numberToHex(MESSAGE_VERSION, { size: 1 }),
    numberToHex(message.nonce, { size: 4 }),
    numberToHex(message.origin, { size: 4 }),
    pad(message.sender, { size: 32 }),
    numberToHex(message.destination, { size: 4 }),
    pad(message.recipient, { size: 32 }),
    message.body,
  ]);
}

/**
 * Takes a packed message apart.
 * @throws HeraldError HYPERLANE_MESSAGE_MALFORMED
 */
export function decodeMessage(message: Hex): HyperlaneMessage {
  const length = size(message);
  if (length < HEADER_BYTES) throw malformed(`${length} bytes, at least ${HEADER_BYTES} wanted`);
  const version = hexToNumber(slice(message, 0, 1));
  if (version !== MESSAGE_VERSION) throw malformed(`version ${version}, ${MESSAGE_VERSION} wanted`);
  return {
    nonce: hexToNumber(slice(message, 1, 5)),
    origin: hexToNumber(slice(message, 5, 9)),
    sender: slice(message, 9, 41),
    destination: hexToNumber(slice(message, 41, 45)),
    recipient: slice(message, 45, 77),
    body: length === HEADER_BYTES ? "0x" : slice(message, HEADER_BYTES),
  };
}

/** The id by which Mailboxes and validators know a message. */
export function messageIdOf(message: Hex): Hex {
  return keccak256(message);
}

/**
 * The EVM address in a bytes32.
 * @throws HeraldError HYPERLANE_MESSAGE_MALFORMED if the upper 12 bytes are not zero
 */
export function addressOf(bytes32: Hex): Address {
  if (hexToBigInt(slice(bytes32, 0, 12)) !== 0n) throw malformed(`${bytes32} is no EVM address`);
  return getAddress(slice(bytes32, 12));
}

function malformed(reason: string): HeraldError {
  return new HeraldError({
    code: "HYPERLANE_MESSAGE_MALFORMED",
    message: "The bytes are no Hyperlane message this version knows.",
    facts: { reason },
    actor: "upstream",
    retry: "never",
  });
}
