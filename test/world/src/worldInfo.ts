import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deploymentSchema } from "@herald/deploy/deployment";
import { HeraldError } from "@herald/wire/errors";
import { parseAddress } from "@herald/wire/ids";
import { z } from "zod";

const address = z.string().transform((value) => parseAddress(value));

/** What `world.json` says: where everything of a running world is. Files are absolute paths. */
export const worldInfoSchema = z.strictObject({
  folder: z.string(),
  /** The process that holds the world; it ends with it. */
  pid: z.int(),
  /** By name: the origins and the hub. */
  chains: z.record(
    z.string(),
    z.strictObject({
      chainId: z.int(),
      domain: z.int(),
      /** The node itself, past the proxies; it takes `anvil_*` and `evm_*` calls. */
      nodeUrl: z.string(),
      /** POST commands of `controlServer` to a `controlUrl`, or use `controlProxy`. */
      providers: z.array(z.strictObject({ name: z.string(), url: z.string(), controlUrl: z.string() })),
    }),
  ),
  temporal: z.strictObject({ address: z.string(), namespace: z.string(), uiUrl: z.string() }),
  celestia: z.strictObject({
    url: z.string(),
    tokenFile: z.string(),
    /** The ten free bytes, in hex. */
    namespace: z.string(),
  }),
  deployment: deploymentSchema,
  dapps: z.record(z.string(), address),
  policyId: z.int(),
  workers: z.array(
    z.strictObject({ name: z.string(), url: z.string(), address, operator: address, config: z.string() }),
  ),
  validators: z.array(z.strictObject({ name: z.string(), address, storage: z.string(), config: z.string() })),
  files: z.strictObject({ relayer: z.string(), client: z.string(), relayerPort: z.string() }),
  /** Pids of the world's programs by name. */
  processes: z.record(z.string(), z.int()),
});
export type WorldInfo = z.output<typeof worldInfoSchema>;

/**
 * Reads a world's `world.json`.
 * @throws HeraldError SETUP_NO_WORLD
 */
export function readWorldInfo(folder: string): WorldInfo {
  const file = join(folder, "world.json");
  try {
    return worldInfoSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    throw new HeraldError({
      code: "SETUP_NO_WORLD",
      message: "No local world can be found in the folder.",
      facts: { file },
      fix: "Start one with `herald dev`, or name the folder of one that runs.",
      actor: "user",
      retry: "never",
      cause,
    });
  }
}
