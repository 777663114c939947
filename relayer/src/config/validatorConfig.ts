import { z } from "zod";
import { address, chainName, finality, keepsQuorum, quorumRefinement, reading, signer } from "./fields.js";

// An origin is asked when there is a result to confirm, not all the time.
const { pollMs: _never, ...asking } = reading;

const origin = z
  .strictObject({
    ...asking,
    domain: z
      .int("expected the Hyperlane domain, a positive integer")
      .positive()
      .describe("The chain's Hyperlane domain."),
    gateway: address.describe("InferenceGateway on this chain."),
    finality: finality.describe("Which of its blocks are believed."),
  })
  .refine(keepsQuorum, quorumRefinement);

const checks = z.strictObject({
  resultHub: address.describe("ResultHub on the hub: whose messages are results."),
  origins: z
    .record(chainName, origin)
    .refine((it) => Object.keys(it).length > 0, "expected at least one origin chain")
    .describe("Every chain results may go to, by name; a result to another is withheld."),
});

/** The configuration of `herald validator`. */
export const validatorConfigSchema = z
  .strictObject({
    ...reading,
    name: z.string().min(1, "expected a name, shown in logs and errors").describe("Shown in logs and errors."),
    chain: chainName.describe("The chain whose messages it signs: the hub."),
    domain: z
      .int("expected the Hyperlane domain, a positive integer")
      .positive()
      .describe("The hub's Hyperlane domain."),
    mailbox: address.describe("Hyperlane's Mailbox on that chain."),
    merkleTreeHook: address.describe("The hook whose leaves it signs."),
    validatorAnnounce: address.describe("Where it announces its storage; once, for gas."),
    signer: signer.describe("The key it signs checkpoints with."),
    storage: z
      .string()
      .min(1, "expected the folder its signatures are read from")
      .describe("Folder its signatures go to; relayers read them there. Its parent must exist."),
    reorgPeriod: z
      .int("expected how many blocks a checkpoint waits")
      .min(0)
      .describe("Blocks a checkpoint waits before it is signed."),
    checks: checks
      .exactOptional()
      .describe(
        "Confirms each result on its origin before signing it; without it, whatever the hub dispatches is signed.",
      ),
  })
  .refine(keepsQuorum, quorumRefinement);

export type ValidatorConfig = z.infer<typeof validatorConfigSchema>;
