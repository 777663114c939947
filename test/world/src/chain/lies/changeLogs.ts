import type { Liar } from "../liar.js";
import { flipLastBit } from "./flipLastBit.js";
import { hasTopic0, mapLogs } from "./logsOf.js";

/** Tells other data in logs of one event. */
export function changeLogs(topic0: string): Liar {
  return {
    tell: async (call, result) =>
      mapLogs(call, result, (logs) =>
        logs.map((log) => (hasTopic0(log, topic0) ? { ...log, data: flipLastBit(String(log.data)) } : log)),
      ),
  };
}

/** Keeps logs of one event to itself. */
export function hideLogs(topic0: string): Liar {
  return {
    tell: async (call, result) => mapLogs(call, result, (logs) => logs.filter((log) => !hasTopic0(log, topic0))),
  };
}
