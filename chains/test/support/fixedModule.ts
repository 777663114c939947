import { type Address, concatHex, encodeAbiParameters, type Hex, numberToHex, parseAbiParameters, size } from "viem";

/**
 * Code of a security module that answers `moduleType()` with `moduleType` and `validatorsAndThreshold(bytes)` with these values: what no
 * factory of Hyperlane would deploy.
 *
 * ```
 * 00  36 60 04 14 60 16 57                            no argument: go to 16
 * 07  61 <length> 61 <offset> 5f 39                   copy the answer from behind the code
 * 0f  61 <length> 5f f3  00 00                        return it
 * 16  5b 60 <type> 5f 52 60 20 5f f3                  return the type
 * 1f  <answer>
 * ```
 */
export function fixedModule(moduleType: number, validators: readonly Address[], threshold: number): Hex {
  const answer = encodeAbiParameters(parseAbiParameters("address[], uint8"), [validators, threshold]);
  const length = numberToHex(size(answer), { size: 2 });
  return concatHex([
    "0x36600414601657",
    concatHex(["0x61", length, "0x61001f5f39"]),
    concatHex(["0x61", length, "0x5ff30000"]),
    concatHex(["0x5b60", numberToHex(moduleType, { size: 1 }), "0x5f5260205ff3"]),
    answer,
  ]);
}
