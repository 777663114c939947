import { isHeraldError } from "@herald/wire/errors";

/** Exit codes of the command, after sysexits.h. */
export const exitCodes = { ok: 0, different: 1, usage: 64, bug: 70, temporary: 75, configuration: 78 } as const;

/** The exit code an error asks for: who must act decides, and whether the same command can help. */
export function exitCodeOf(error: unknown): number {
  if (!isHeraldError(error) || error.actor === "bug") return exitCodes.bug;
  if (error.code === "DEPLOY_NOT_AS_PLANNED") return exitCodes.different;
  if (error.code.startsWith("CONFIG_") || error.code.startsWith("SETUP_")) return exitCodes.configuration;
  if (error.actor === "user") return exitCodes.usage;
  return error.retry === "never" ? exitCodes.configuration : exitCodes.temporary;
}
