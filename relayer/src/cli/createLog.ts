import type { Log, LogFields } from "@herald/wire/log";
import { pinoLog } from "../service/pinoLog.js";

const levels = ["debug", "info", "warn", "error"] as const;
type Level = (typeof levels)[number];

/** Logs to standard error: lines for people on a terminal, JSON elsewhere. */
export function createLog(name: string, level: string): Log {
  return process.stderr.isTTY ? terminalLog(name, levels.indexOf(level as Level), {}) : pinoLog(name, level); // CAST: a foreign level logs everything.
}

function terminalLog(name: string, least: number, bound: LogFields): Log {
  const at =
    (level: Level) =>
    (message: string, fields: LogFields = {}): void => {
      if (levels.indexOf(level) < least) return;
      const pairs = Object.entries({ ...bound, ...fields }).map(([key, value]) => `${key}=${text(value)}`);
      const time = new Date().toISOString().slice(11, 23);
      process.stderr.write(`${time} ${level.padEnd(5)} ${name}  ${message}  ${pairs.join(" ")}\n`);
    };
  return {
    error: at("error"),
    warn: at("warn"),
    info: at("info"),
    debug: at("debug"),
    child: (fields) => terminalLog(name, least, { ...bound, ...fields }),
  };
}

function text(value: unknown): string {
  if (typeof value === "string") return value.includes("\n") ? `\n    ${value.replaceAll("\n", "\n    ")}` : value;
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? inner.toString() : inner)) ?? "";
}
