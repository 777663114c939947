import { languageDetection } from "./languageDetection.js";
import type { Model } from "./model.js";
import { smollm2 } from "./smollm2.js";

/** Every model this worker can serve. A new model is one file and one line here. */
const models = {
  "smollm2-135m-instruct": smollm2,
  "language-detection": languageDetection,
} as const satisfies Readonly<Record<string, Model>>;

export type ModelName = keyof typeof models;

/** Names for configuration and help. */
// CAST: Object.keys loses the key type of a constant record.
export const modelNames = Object.keys(models) as [ModelName, ...ModelName[]];

/** The model of a name; nothing is loaded. */
export function modelByName(name: ModelName): Model {
  return models[name];
}
