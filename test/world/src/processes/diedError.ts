import { HeraldError } from "@herald/wire/errors";
import type { ChildExit } from "./child.js";

/** The error for a program that ended by itself: which, how, and the last lines of its log. */
export function diedError(exit: ChildExit): HeraldError {
  const { name, pid, code, signal, logFile, tail } = exit;
  const taken = /address (is )?already in use|EADDRINUSE/i.test(tail);
  return new HeraldError({
    code: taken ? "SETUP_PORT_TAKEN" : "SETUP_PROCESS_DIED",
    message: taken ? "A program found its port taken by another one." : "A program ended by itself.",
    facts: { program: name, pid, code, signal, log: logFile, lastLines: tail },
    fix: taken
      ? "Start again: other ports are chosen each time."
      : "Look into the log for the cause, then start again.",
    actor: "user",
    retry: "now",
  });
}
