import { type Address, concatHex, getAddress, type Hex, isHex, numberToHex, pad, parseSignature, slice } from "viem";
import { z } from "zod";
import type { Announcement, Checkpoint } from "./checkpoint.js";

// The official agents' JSON (hyperlane-monorepo: rust/main/hyperlane-core/src/types/{checkpoint,announcement,signature}.rs).

const bytes = (length: number) =>
  z
    .string()
    .refine((text): text is Hex => isHex(text) && text.length === 2 + 2 * length, `0x and ${2 * length} hex digits`);
/** The agents drop leading zeros of r and s, so an odd number of digits is right. */
const word = z
  .string()
  .refine((text): text is Hex => isHex(text) && text.length > 2 && text.length <= 66, "0x and at most 64 hex digits");
const signed = {
  signature: z.object({ r: word, s: word, v: z.number().int() }),
  serialized_signature: bytes(65).optional(),
};
const checkpointValue = z.object({
  checkpoint: z.object({
    merkle_tree_hook_address: bytes(32),
    mailbox_domain: z.number().int(),
    root: bytes(32),
    index: z.number().int(),
  }),
  message_id: bytes(32),
});
// Older agents call the value `checkpoint`.
const checkpointFile = z.union([
  z.object({ value: checkpointValue, ...signed }),
  z.object({ checkpoint: checkpointValue, ...signed }).transform(({ checkpoint, ...rest }) => ({
    value: checkpoint,
    ...rest,
  })),
]);

/** A checkpoint as found in a file: nothing about it is verified. `signature` is 65 bytes, r ‖ s ‖ v with v 27 or 28. */
export interface SignedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly signature: Hex;
}

/** Reads a `<i>_with_id.json`; a string is the reason why it cannot be one. */
export function parseCheckpointFile(text: string): SignedCheckpoint | string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return "not JSON";
  }
  const parsed = checkpointFile.safeParse(json);
  if (!parsed.success) return z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, " ");
  const { value, signature } = parsed.data;
  const hook = value.checkpoint.merkle_tree_hook_address;
  const v = signature.v < 27 ? signature.v + 27 : signature.v;
  if (v !== 27 && v !== 28) return `signature v is ${signature.v}`;
  return {
    checkpoint: {
      domain: value.checkpoint.mailbox_domain,
      merkleTreeHook: getAddress(slice(hook, 12)),
      root: lowerCase(value.checkpoint.root),
      index: value.checkpoint.index,
      messageId: lowerCase(value.message_id),
    },
    signature: concatHex([pad(signature.r, { size: 32 }), pad(signature.s, { size: 32 }), numberToHex(v)]),
  };
}

/** Writes a `<i>_with_id.json`. */
export function formatCheckpointFile({ checkpoint, signature }: SignedCheckpoint): string {
  return formatSigned(
    {
      checkpoint: {
        merkle_tree_hook_address: paddedAddress(checkpoint.merkleTreeHook),
        mailbox_domain: checkpoint.domain,
        root: checkpoint.root,
        index: checkpoint.index,
      },
      message_id: checkpoint.messageId,
    },
    signature,
  );
}

/** Writes an `announcement.json`. */
export function formatAnnouncementFile(validator: Address, announcement: Announcement, signature: Hex): string {
  return formatSigned(
    {
      validator: lowerCase(validator),
      mailbox_address: paddedAddress(announcement.mailbox),
      mailbox_domain: announcement.domain,
      storage_location: announcement.storageLocation,
    },
    signature,
  );
}

function formatSigned(value: unknown, signature: Hex): string {
  const { r, s, v } = parseSignature(signature);
  const number = (hex: Hex) => numberToHex(BigInt(hex));
  return JSON.stringify(
    { value, signature: { r: number(r), s: number(s), v: Number(v) }, serialized_signature: signature },
    null,
    2,
  );
}

function paddedAddress(address: Address): Hex {
  return lowerCase(pad(address, { size: 32 }));
}

function lowerCase(hex: Hex): Hex {
  // CAST: hex stays hex in lower case.
  return hex.toLowerCase() as Hex;
}
