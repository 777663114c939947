import { type Address, concatHex, type Hex, keccak256, numberToHex, pad, stringToHex } from "viem";

/** What a validator signs: the tree's root right after leaf `index`, which is `messageId`. */
export interface Checkpoint {
  /** Hyperlane domain of the chain that dispatched. */
  readonly domain: number;
  readonly merkleTreeHook: Address;
  readonly root: Hex;
  readonly index: number;
  readonly messageId: Hex;
}

/**
 * The 32 bytes a checkpoint signature covers, before the EIP-191 prefix: sign and recover with `{ raw: … }` (CheckpointLib.sol).
 */
export function checkpointHash(checkpoint: Checkpoint): Hex {
  const { domain, merkleTreeHook, root, index, messageId } = checkpoint;
  return keccak256(
    concatHex([domainHash(domain, merkleTreeHook, "HYPERLANE"), root, numberToHex(index, { size: 4 }), messageId]),
  );
}

/** Where a validator keeps its signatures; `mailbox`, not the hook, binds it to the chain (ValidatorAnnounce.sol). */
export interface Announcement {
  readonly domain: number;
  readonly mailbox: Address;
  readonly storageLocation: string;
}

/** The 32 bytes an announcement signature covers, before the EIP-191 prefix. */
export function announcementHash({ domain, mailbox, storageLocation }: Announcement): Hex {
  return keccak256(concatHex([domainHash(domain, mailbox, "HYPERLANE_ANNOUNCEMENT"), stringToHex(storageLocation)]));
}

function domainHash(domain: number, contract: Address, purpose: string): Hex {
  return keccak256(concatHex([numberToHex(domain, { size: 4 }), pad(contract, { size: 32 }), stringToHex(purpose)]));
}
