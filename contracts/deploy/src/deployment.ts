import { parseAddress } from "@herald/wire/ids";
import { isAddress } from "viem";
import { z } from "zod";

const address = z
  .string()
  .refine((value) => isAddress(value, { strict: false }), "expected an address: 0x and 40 hex digits")
  .transform((value) => parseAddress(value));
const block = z.int().min(0);

/** Hyperlane's contracts on one chain: deployed with Herald, or where a chain has them, those. */
export const hyperlaneSchema = z.strictObject({
  mailbox: address,
  merkleTreeHook: address,
  /** `StaticMessageIdMultisigIsmFactory`. */
  multisigIsmFactory: address,
  validatorAnnounce: address,
});
export type Hyperlane = z.output<typeof hyperlaneSchema>;

const place = {
  chainId: z.int().positive(),
  domain: z.int().positive(),
  /** Block of the first of our contracts; nothing of ours is in an earlier one. */
  startBlock: block,
  hyperlane: hyperlaneSchema,
};

/** The chain that dispatches results. */
export const hubDeploymentSchema = z.strictObject({
  ...place,
  resultHub: address,
  publishers: z.array(address),
  /** Where the plan asks for it. */
  workerRegistry: address.optional(),
});
export type HubDeployment = z.output<typeof hubDeploymentSchema>;

/** A chain that asks. */
export const originDeploymentSchema = z.strictObject({
  ...place,
  /** Multisig module of the lane from the hub: `threshold` of `validators` must have signed. */
  ism: address,
  validators: z.array(address).min(1),
  threshold: z.int().min(1),
  workerSets: address,
  attestedVerifier: address,
  gateway: address,
  /** Where the plan asks for it. */
  infernetCoordinator: address.optional(),
});
export type OriginDeployment = z.output<typeof originDeploymentSchema>;

/** Where Herald is, on all chains; kept as JSON. Chains by name. */
export const deploymentSchema = z.strictObject({
  hub: hubDeploymentSchema.extend({ name: z.string().min(1) }),
  origins: z.record(z.string(), originDeploymentSchema),
});
export type Deployment = z.output<typeof deploymentSchema>;
