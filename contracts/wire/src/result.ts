import { type Address, concatHex, type Hex, numberToHex, size, slice } from "viem";
import { ByteReader } from "./byteReader.js";
import { HeraldError } from "./errors.js";
import { encodeTerms, readTerms, type Terms } from "./terms.js";

/** One result as it travels in a message: the terms it answers and what the gateway needs to settle it. */
export interface ResultItem {
  readonly terms: Terms;
  /** Wire value, see `answerStatuses`. */
  readonly status: number;
  readonly outputHash: Hex;
  readonly evidenceHash: Hex;
  readonly relayer: Address;
  /** Preimage of the terms' context hash, given back in the callback. */
  readonly context: Hex;
  readonly output: Hex;
  /** What the policy's verifier checks; for Attested see `encodeAttestedProof`. */
  readonly proof: Hex;
}

/**
 * Wire form: terms 280 | status 1 | outputHash 32 | evidenceHash 32 | relayer 20 | context, output, proof each behind a uint32 length.
 * @throws HeraldError WIRE_MALFORMED for a hash or an address of another length, WIRE_INVALID_TERMS
 */
export function encodeResultItem(item: ResultItem): Hex {
  return concatHex([
    encodeTerms(item.terms),
    numberToHex(item.status, { size: 1 }),
    exact(item.outputHash, 32),
    exact(item.evidenceHash, 32),
    exact(lower(item.relayer), 20),
    prefixed(item.context),
    prefixed(item.output),
    prefixed(item.proof),
  ]);
}

/** @throws HeraldError WIRE_MALFORMED if a length is wrong or bytes are left over */
export function decodeResultItem(bytes: Hex): ResultItem {
  const reader = new ByteReader(bytes, "result item");
  const item = {
    terms: readTerms(reader),
    status: reader.number(1),
    outputHash: reader.hex(32),
    evidenceHash: reader.hex(32),
    relayer: reader.address(),
    context: reader.prefixed(),
    output: reader.prefixed(),
    proof: reader.prefixed(),
  };
  reader.end();
  return item;
}

/** One worker's vote in an attested proof. */
export interface Attestation {
  /** The key that signed; only orders the proof, the contract recovers it. */
  readonly signer: Address;
  readonly payee: Address;
  /** 65 bytes r ‖ s ‖ v. */
  readonly signature: Hex;
}

/**
 * Wire form: count 1 | count × (payee 20 | r 32 | s 32 | v 1), signers strictly ascending.
 * @throws HeraldError WIRE_DUPLICATE_SIGNER if one key signed twice
 */
export function encodeAttestedProof(attestations: readonly Attestation[]): Hex {
  const sorted = [...attestations].sort((a, b) => (lower(a.signer) < lower(b.signer) ? -1 : 1));
  sorted.forEach((attestation, i) => {
    const previous = sorted[i - 1];
    if (previous === undefined || lower(previous.signer) !== lower(attestation.signer)) return;
    throw new HeraldError({
      code: "WIRE_DUPLICATE_SIGNER",
      message: "One key signed the same answer twice.",
      facts: { signer: attestation.signer },
      actor: "operator",
      fix: "Draw k distinct workers.",
      retry: "never",
    });
  });
  return concatHex([
    numberToHex(sorted.length, { size: 1 }),
    ...sorted.flatMap((attestation) => [exact(lower(attestation.payee), 20), exact(attestation.signature, 65)]),
  ]);
}

/** @throws HeraldError WIRE_MALFORMED */
export function decodeAttestedProof(proof: Hex): Omit<Attestation, "signer">[] {
  const reader = new ByteReader(proof, "attested proof");
  const attestations = Array.from({ length: reader.number(1) }, () => ({
    payee: reader.address(),
    signature: reader.hex(65),
  }));
  reader.end();
  return attestations;
}

function prefixed(bytes: Hex): Hex {
  return concatHex([numberToHex(size(bytes), { size: 4 }), bytes]);
}

function lower(address: Address): Address {
  // CAST: lower-case hex is still an address.
  return address.toLowerCase() as Address;
}

function exact(bytes: Hex, length: number): Hex {
  if (size(bytes) === length) return slice(bytes, 0, length);
  throw new HeraldError({
    code: "WIRE_MALFORMED",
    message: "The bytes do not have the form they claim.",
    facts: { expectedBytes: length, received: size(bytes) },
    actor: "upstream",
    retry: "never",
  });
}
