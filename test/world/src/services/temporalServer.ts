import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { HeraldError } from "@herald/wire/errors";
import type { ProcessGroup } from "../processes/processGroup.js";
import { awaitReady } from "./awaitReady.js";

/** A running Temporal: its frontend as host:port, and the URL of its UI. */
export interface TemporalServer {
  readonly address: string;
  readonly namespace: string;
  readonly uiUrl: string;
}

// Without WAL a file costs nine tenths of the throughput; timers have a resolution of one second unless the time shift is lowered; the
// rate limits of the development server would hold back a burst.
const tuning = [
  ...["--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=NORMAL"],
  ...["--dynamic-config-value", "matching.numTaskqueueReadPartitions=1"],
  ...["--dynamic-config-value", "matching.numTaskqueueWritePartitions=1"],
  ...["--dynamic-config-value", "frontend.namespaceRPS=50000", "--dynamic-config-value", "frontend.rps=50000"],
  ...["--dynamic-config-value", 'history.timerProcessorMaxTimeShift="10ms"'],
];

/** Starts Temporal with its database in the world's folder, and waits until the namespace answers. */
export async function startTemporal(
  processes: ProcessGroup,
  options: { readonly folder: string; readonly ports: readonly [number, number]; readonly signal: AbortSignal },
): Promise<TemporalServer> {
  const [port, uiPort] = options.ports;
  const child = await processes.spawn("temporal", temporalBinary(), [
    ...["server", "start-dev", "--ip", "127.0.0.1", "--port", String(port), "--ui-port", String(uiPort)],
    ...["--log-level", "error", "--db-filename", join(options.folder, "temporal.sqlite"), ...tuning],
  ]);
  const uiUrl = `http://127.0.0.1:${uiPort}`;
  // The UI asks the frontend: one question finds both ready.
  await awaitReady(child, "Temporal", options.signal, async () => {
    const answer = await fetch(`${uiUrl}/api/v1/namespaces/default`, { signal: AbortSignal.timeout(5_000) });
    await answer.arrayBuffer();
    return answer.ok;
  });
  return { address: `127.0.0.1:${port}`, namespace: "default", uiUrl };
}

/**
 * Path of the Temporal command: `HERALD_TEMPORAL`, or the build in Herald's cache.
 * @throws HeraldError SETUP_PROGRAM_MISSING
 */
function temporalBinary(): string {
  const { HERALD_TEMPORAL, HERALD_CACHE, XDG_CACHE_HOME } = process.env;
  const cache = HERALD_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), ".cache"), "herald");
  const path = HERALD_TEMPORAL ?? join(cache, "bin", "temporal-1.5.1");
  if (existsSync(path)) return path;
  throw new HeraldError({
    code: "SETUP_PROGRAM_MISSING",
    message: "The Temporal server is not built.",
    facts: { program: "temporal", path },
    fix: "Run `node test/setup/toolchain.mjs`, or set HERALD_TEMPORAL to a temporal command of version 1.5 or later.",
    actor: "user",
    retry: "never",
  });
}
