import { clientConfigSchema } from "../config/clientConfig.js";
import { type ConfigField, fieldsOf } from "../config/describeSchema.js";
import { relayerConfigSchema } from "../config/relayerConfig.js";
import { routeFiltersSchema } from "../config/routeFilters.js";
import { validatorConfigSchema } from "../config/validatorConfig.js";
import { workerConfigSchema } from "../config/workerConfig.js";

const schemas = {
  relayer: relayerConfigSchema,
  worker: workerConfigSchema,
  validator: validatorConfigSchema,
  client: clientConfigSchema,
  filters: routeFiltersSchema,
};

/** `herald config <kind>`: what may stand in a configuration file, read from the schema that checks it. */
export function configReference(kind: keyof typeof schemas): void {
  const head = `Configuration: ${kind} (JSON). Paths are relative to the file; <name> stands for a name of your choice, [] for each entry.`;
  process.stdout.write(`${head}\n\n${fieldsOf(schemas[kind]).map(entry).join("\n")}\n`);
}

function entry({ path, form, required, standard, meaning }: ConfigField): string {
  const need = required ? "required" : standard === undefined ? "optional" : `default ${standard}`;
  const lines = [path, `    ${form}; ${need}`];
  if (meaning !== undefined) lines.push(`    ${meaning}`);
  return lines.join("\n");
}
