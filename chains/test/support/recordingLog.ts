import type { Log } from "@herald/wire/log";

/** A log that keeps its lines, for tests of what operators are told. */
export function recordingLog(): { readonly log: Log; readonly lines: { level: string; message: string }[] } {
  const lines: { level: string; message: string }[] = [];
  const at = (level: string) => (message: string) => {
    lines.push({ level, message });
  };
  const log: Log = {
    error: at("error"),
    warn: at("warn"),
    info: at("info"),
    debug: at("debug"),
    child: () => log,
  };
  return { log, lines };
}
