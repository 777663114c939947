import { formatError, isHeraldError } from "@herald/wire/errors";
import { CommanderError } from "commander";
import { exitCodeOf, exitCodes } from "./exitCodes.js";
import { createProgram } from "./program.js";

/** Runs the command line and returns the exit code. Known errors are printed without a stack, unknown ones with it. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync(helpFirst(argv));
    return exitCodes.ok;
  } catch (error) {
    // Commander has printed help or the usage error itself.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const text = isHeraldError(error) ? formatError(error) : error instanceof Error ? error.stack : String(error);
    process.stderr.write(`${text}\n`);
    return exitCodeOf(error);
  }
}

/** Commander's own `help` knows the first level of commands only. */
function helpFirst(argv: readonly string[]): string[] {
  const [node = "", script = "", command, ...path] = argv;
  return command === "help" ? [node, script, ...path, "--help"] : [...argv];
}
