import type { Log, LogFields } from "@herald/wire/log";

/** A log that can be asked how often something was said. */
export function recordingLog() {
  const lines: { readonly level: string; readonly message: string; readonly fields: LogFields }[] = [];
  const make = (base: LogFields): Log => {
    const write = (level: string) => (message: string, fields?: LogFields) => {
      lines.push({ level, message, fields: { ...base, ...fields } });
    };
    return {
      error: write("error"),
      warn: write("warn"),
      info: write("info"),
      debug: write("debug"),
      child: (fields) => make({ ...base, ...fields }),
    };
  };
  return { log: make({}), lines, said: (message: string) => lines.filter((line) => line.message === message) };
}
