import { parseAddress } from "@herald/wire/ids";
import { type Hex, isHex } from "viem";
import { z } from "zod";

const address = z.string().transform((value) => parseAddress(value));
const hex = z.custom<Hex>((value) => isHex(value));

/** A transaction that was signed and written down, and may or may not have been broadcast. All its forms have one nonce: one can land. */
const inFlightSchema = z.object({
  what: z.string(),
  nonce: z.int(),
  /** The contract it creates, if it does. */
  creates: z.string().optional(),
  /** As signed; the later ones pay more. */
  attempts: z.array(z.object({ hash: hex, raw: hex })).min(1),
});
export type InFlight = z.output<typeof inFlightSchema>;

const callForOwnerSchema = z.object({ what: z.string(), from: address, to: address, data: hex });
export type CallForOwner = z.output<typeof callForOwnerSchema>;

const chainStateSchema = z.object({
  chainId: z.int(),
  /** Who deploys; another key cannot go on with what this one began. */
  deployer: address,
  inFlight: inFlightSchema.optional(),
  /** What was deployed or found, by what it is to Herald. */
  contracts: z.record(z.string(), z.object({ address, block: z.int().optional(), hash: hex.optional() })),
  /** Numbers of worker sets and policies: `set:<name>`, `policy:<name>`. */
  ids: z.record(z.string(), z.int()),
  /** Every transaction that succeeded, in order. */
  transactions: z.array(z.object({ what: z.string(), hash: hex, block: z.int() })),
  /** What only another account can send, such as the new owner's acceptance. */
  waitingFor: z.array(callForOwnerSchema),
});
export type ChainState = z.output<typeof chainStateSchema>;

/** What a deployment has done so far, by chain. */
export const deployStateSchema = z.object({ version: z.literal(1), chains: z.record(z.string(), chainStateSchema) });
export type DeployState = z.output<typeof deployStateSchema>;
