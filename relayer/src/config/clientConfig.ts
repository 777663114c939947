import { z } from "zod";
import { address, chainName, httpUrl, signer } from "./fields.js";

const origin = z.strictObject({
  chainId: z.int("expected the chain id, a positive integer").positive().describe("The chain's id (EIP-155)."),
  rpc: httpUrl.describe("JSON-RPC endpoint of the chain."),
  gateway: address.describe("InferenceGateway on this chain."),
  infernetCoordinator: address
    .optional()
    .describe("What consumers written for Infernet are given; requests do not use it."),
  dapp: address.describe("The example dapp that asks in the signer's name."),
});

/** The configuration of `herald request`: where a dapp's user asks, and whose word on progress is read. */
export const clientConfigSchema = z
  .strictObject({
    relayerApi: httpUrl.optional().describe("The relayer's API; this or portFile."),
    portFile: z.string().optional().describe("File the relayer writes its API's URL into."),
    policyId: z
      .int("expected the policy's number")
      .positive()
      .describe("Policy the answer must satisfy, by its number on the gateway."),
    origins: z
      .record(chainName, origin)
      .refine((it) => Object.keys(it).length > 0, "expected at least one origin chain")
      .describe("Chains that can be asked on, by name."),
    signer: signer.describe("Pays for the requests."),
  })
  .refine((it) => it.relayerApi !== undefined || it.portFile !== undefined, {
    path: ["relayerApi"],
    error: "expected relayerApi (a URL) or portFile (a path)",
  });

export type ClientConfig = z.infer<typeof clientConfigSchema>;
