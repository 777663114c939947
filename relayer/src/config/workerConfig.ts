import { modelNames } from "@herald/ritual/models/modelByName";
import { z } from "zod";
import { address, port, signer } from "./fields.js";

/** The configuration of `herald worker`. */
export const workerConfigSchema = z.strictObject({
  name: z.string().min(1, "expected a name, shown in logs and errors").describe("Shown in logs and errors."),
  signer: signer.describe("The key it signs answers with; a member of the worker set."),
  payee: address.describe("Who is credited this worker's share of the fees."),
  host: z.string().default("127.0.0.1").describe("The address it listens on."),
  port: port.describe("0 picks a free one."),
  models: z
    .array(z.enum(modelNames, `expected one of ${modelNames.join(", ")}`))
    .min(1, `expected at least one of ${modelNames.join(", ")}`)
    .describe("Models it serves."),
  cache: z.string().optional().describe("Folder of the model files; the user's cache folder by default."),
  portFile: z.string().optional().describe("Where to write the worker's URL once it listens."),
});

export type WorkerConfig = z.infer<typeof workerConfigSchema>;
