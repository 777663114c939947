import type { Log } from "@herald/wire/log";
import { DefaultLogger, makeTelemetryFilterString, Runtime } from "@temporalio/worker";

/** Each worker serves one queue, with flows or with activities, on purpose; the SDK warns of the other half. */
const HARMLESS = new Set([
  "No workflows registered, not polling for workflow tasks",
  "No activities registered, not polling for activity tasks",
]);

/**
 * Once per process, before anything of Temporal's: its log lines become ours, and signals are left to the command. Until it is closed it
 * keeps the process alive.
 */
export function installTemporalRuntime(log: Log): { close(): Promise<void> } {
  const own = log.child({ part: "temporal sdk" });
  const runtime = Runtime.install({
    shutdownSignals: [],
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: "WARN", other: "ERROR" }) },
    },
    logger: new DefaultLogger("WARN", ({ level, message, meta }) => {
      const fields = { ...meta };
      if (HARMLESS.has(message)) own.debug(message, fields);
      else if (level === "ERROR") own.error(message, fields);
      else own.warn(message, fields);
    }),
  });
  return { close: () => runtime.shutdown() };
}
