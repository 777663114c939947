import type { Log, LogFields } from "@herald/wire/log";
import { type Logger, pino } from "pino";

/** Names under which a secret could slip into a field; their values are replaced. */
const SECRET_FIELDS = ["privateKey", "key", "token", "authorization", "*.privateKey", "*.token", "*.authorization"];

/** JSON lines on standard error: standard output is for results. */
export function pinoLog(name: string, level: string): Log {
  return wrap(
    pino(
      {
        name,
        level,
        redact: SECRET_FIELDS,
        base: { name, pid: process.pid },
        timestamp: pino.stdTimeFunctions.isoTime,
      },
      pino.destination({ fd: 2, sync: true }),
    ),
  );
}

function wrap(logger: Logger): Log {
  const at =
    (level: "error" | "warn" | "info" | "debug") =>
    (message: string, fields: LogFields = {}): void =>
      logger[level](printable(fields), message);
  return {
    error: at("error"),
    warn: at("warn"),
    info: at("info"),
    debug: at("debug"),
    child: (fields) => wrap(logger.child(printable(fields))),
  };
}

function printable(fields: LogFields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === "bigint" ? value.toString() : value]),
  );
}
