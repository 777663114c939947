import { type Address, getAddress, type Hex, hexToBigInt, hexToNumber, isHex, size, slice } from "viem";
import { HeraldError } from "./errors.js";

/** Reads big-endian fields from hex, refusing to run past the end. */
export class ByteReader {
  readonly #bytes: Hex;
  readonly #what: string;
  readonly #length: number;
  #at = 0;

  /** @throws HeraldError WIRE_MALFORMED if `bytes` is not even-length hex */
  constructor(bytes: Hex, what: string) {
    this.#what = what;
    this.#bytes = bytes;
    if (!isHex(bytes) || bytes.length % 2 !== 0) this.fail("not hex bytes");
    this.#length = size(bytes);
  }

  /** Bytes left to read. */
  get left(): number {
    return this.#length - this.#at;
  }

  /** @throws HeraldError WIRE_MALFORMED */
  hex(length: number): Hex {
    if (length > this.left) this.fail(`${length} bytes wanted at ${this.#at}, ${this.left} left`);
    const value = length === 0 ? "0x" : slice(this.#bytes, this.#at, this.#at + length);
    this.#at += length;
    return value;
  }

  number(length: number): number {
    return hexToNumber(this.hex(length));
  }

  bigint(length: number): bigint {
    return hexToBigInt(this.hex(length));
  }

  address(): Address {
    return getAddress(this.hex(20));
  }

  /** Bytes behind their uint32 length. */
  prefixed(): Hex {
    return this.hex(this.number(4));
  }

  /** @throws HeraldError WIRE_MALFORMED if bytes are left over */
  end(): void {
    if (this.left !== 0) this.fail(`${this.left} bytes left over`);
  }

  /** @throws HeraldError WIRE_MALFORMED, always */
  fail(reason: string): never {
    throw new HeraldError({
      code: "WIRE_MALFORMED",
      message: "The bytes do not have the form they claim.",
      facts: { what: this.#what, reason },
      actor: "upstream",
      retry: "never",
    });
  }
}
