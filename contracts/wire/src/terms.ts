import { type Address, concatHex, type Hex, numberToHex, size } from "viem";
import { ByteReader } from "./byteReader.js";
import { HeraldError } from "./errors.js";
import { type ModelId, parseModelId } from "./ids.js";

/** Version of the terms this package writes. */
export const TERMS_VERSION = 1;
/** Length of packed terms, in bytes. */
export const TERMS_LENGTH = 280;

/** How the input travels; the number is its wire value. Append-only. */
export const inputModes = { inline: 0, reference: 1, sealed: 2 } as const;
/** How the output travels; the number is its wire value. Append-only. */
export const outputModes = { inline: 0, hash: 1, sealed: 2 } as const;

/** What a request asks for and pays; its EIP-712 digest is the request id. Amounts in the fee token's smallest unit. */
export interface Terms {
  readonly version: number;
  /** Chosen by the requester; zero asks the gateway to fill in its sequence number. */
  readonly salt: Hex;
  readonly requester: Address;
  readonly consumer: Address;
  readonly refundTo: Address;
  readonly callbackGasLimit: number;
  readonly contextHash: Hex;
  readonly modelId: ModelId;
  readonly inputHash: Hex;
  readonly inputMode: number;
  readonly outputMode: number;
  readonly policyId: number;
  /** Zero address = the chain's native token. */
  readonly feeToken: Address;
  readonly workerFee: bigint;
  readonly relayFee: bigint;
  readonly protocolFee: bigint;
  /** Zero address = any relayer. */
  readonly relayer: Address;
  /** Unix seconds. */
  readonly deadline: number;
}

/** Terms as JSON carries them: amounts as decimal strings. */
export type TermsJson = Omit<Terms, "workerFee" | "relayFee" | "protocolFee" | "modelId"> & {
  readonly modelId: Hex;
  readonly workerFee: string;
  readonly relayFee: string;
  readonly protocolFee: string;
};

/**
 * Packs terms into their 280 wire bytes, big endian, in the order of the struct.
 * @throws HeraldError WIRE_INVALID_TERMS if a field does not fit its width
 */
export function encodeTerms(terms: Terms): Hex {
  try {
    return concatHex([
      numberToHex(terms.version, { size: 1 }),
      fixed(terms.salt, 32),
      fixed(terms.requester, 20),
      fixed(terms.consumer, 20),
      fixed(terms.refundTo, 20),
      numberToHex(terms.callbackGasLimit, { size: 4 }),
      fixed(terms.contextHash, 32),
      fixed(terms.modelId, 32),
      fixed(terms.inputHash, 32),
      numberToHex(terms.inputMode, { size: 1 }),
      numberToHex(terms.outputMode, { size: 1 }),
      numberToHex(terms.policyId, { size: 4 }),
      fixed(terms.feeToken, 20),
      numberToHex(terms.workerFee, { size: 12 }),
      numberToHex(terms.relayFee, { size: 12 }),
      numberToHex(terms.protocolFee, { size: 12 }),
      fixed(terms.relayer, 20),
      numberToHex(terms.deadline, { size: 5 }),
    ]).toLowerCase() as Hex; // CAST: lower case hex is hex.
  } catch (cause) {
    throw new HeraldError({
      code: "WIRE_INVALID_TERMS",
      message: "The terms do not fit their wire form.",
      actor: "user",
      fix: "Check every field against the width its type gives.",
      retry: "never",
      cause,
    });
  }
}

/**
 * Reads packed terms.
 * @throws HeraldError WIRE_MALFORMED if the length is not 280
 */
export function decodeTerms(bytes: Hex): Terms {
  const reader = new ByteReader(bytes, "terms");
  const terms = readTerms(reader);
  reader.end();
  return terms;
}

/** Reads packed terms from the reader's position. */
export function readTerms(reader: ByteReader): Terms {
  return {
    version: reader.number(1),
    salt: reader.hex(32),
    requester: reader.address(),
    consumer: reader.address(),
    refundTo: reader.address(),
    callbackGasLimit: reader.number(4),
    contextHash: reader.hex(32),
    modelId: parseModelId(reader.hex(32)),
    inputHash: reader.hex(32),
    inputMode: reader.number(1),
    outputMode: reader.number(1),
    policyId: reader.number(4),
    feeToken: reader.address(),
    workerFee: reader.bigint(12),
    relayFee: reader.bigint(12),
    protocolFee: reader.bigint(12),
    relayer: reader.address(),
    deadline: reader.number(5),
  };
}

/** Terms in their JSON form. */
export function termsToJson(terms: Terms): TermsJson {
  return {
    ...terms,
    workerFee: terms.workerFee.toString(),
    relayFee: terms.relayFee.toString(),
    protocolFee: terms.protocolFee.toString(),
  };
}

/**
 * Terms from their JSON form, whose shape the caller has checked.
 * @throws HeraldError WIRE_INVALID_ID for a model id that is not 32 bytes
 */
export function termsFromJson(json: TermsJson): Terms {
  return {
    ...json,
    modelId: parseModelId(json.modelId),
    workerFee: BigInt(json.workerFee),
    relayFee: BigInt(json.relayFee),
    protocolFee: BigInt(json.protocolFee),
  };
}

function fixed(value: Hex, length: number): Hex {
  if (size(value) !== length) throw new RangeError(`expected ${length} bytes, received ${size(value)}`);
  return value;
}
