import { readFileSync } from "node:fs";
import { HeraldError } from "@herald/wire/errors";
import { resolveBeside } from "./loadConfig.js";

/** Where a secret is: never in the configuration itself. */
export type SecretPlace = { readonly file: string } | { readonly env: string };

/**
 * The text a secret setting points at, without surrounding white space; `path` is where the configuration names it.
 * @throws HeraldError CONFIG_KEY_UNUSABLE
 */
export function loadSecret(configFile: string, place: SecretPlace, path: string): string {
  if ("env" in place) {
    const value = process.env[place.env];
    if (value !== undefined) return value.trim();
    throw secretUnusable(path, place, "the variable is not set", `Set ${place.env} in the environment.`);
  }
  try {
    return readFileSync(resolveBeside(configFile, place.file), "utf8").trim();
  } catch (cause) {
    const fix = "Put the key where the setting points, readable by this user alone.";
    throw secretUnusable(path, place, "the file cannot be read", fix, cause);
  }
}

/** The error for a secret that is of no use; says where it should be, never what is there. */
export function secretUnusable(path: string, place: object, reason: string, fix: string, cause?: unknown): HeraldError {
  return new HeraldError({
    code: "CONFIG_KEY_UNUSABLE",
    message: "A key the configuration names cannot be used.",
    facts: { path, ...place, reason },
    fix,
    actor: "operator",
    retry: "never",
    ...(cause === undefined ? {} : { cause }),
  });
}
