import { type Address, concatHex, type Hex, keccak256, type PublicClient, stringToHex } from "viem";

/** Where tests put `ledgerCode`. */
export const ledgerAddress: Address = "0x00000000000000000000000000000000001ed9e5";

/**
 * A contract that counts effects: 32 bytes of calldata are a key, whose counter goes up by one. 31 bytes revert with `Error("odd")`; no bytes
 * do nothing. Written by hand, so that no compiler is needed:
 *
 * ```
 * 00  36 15 60 39 57                    no calldata: go to 39
 * 05  36 60 1f 14 60 16 57              31 bytes: go to 16
 * 0c  5f 35 80 54 60 01 01 90 55 00     sstore(key, sload(key) + 1)
 * 16  5b 63 08c379a0 … fd               revert Error("odd")
 * 39  5b 00
 * ```
 */
export const ledgerCode: Hex = concatHex([
  "0x3615603957",
  "0x36601f14601657",
  "0x5f358054600101905500",
  "0x5b6308c379a060e01b5f5260206004526003602452626f646460e81b60445260645ffd",
  "0x5b00",
]);

/** Calldata that counts up the key of an id. */
export function effectOf(id: string): Hex {
  return keccak256(stringToHex(id));
}

/** How often an id's effect happened. */
export async function effectsOf(client: PublicClient, id: string): Promise<number> {
  return Number((await client.getStorageAt({ address: ledgerAddress, slot: effectOf(id) })) ?? "0x0");
}
