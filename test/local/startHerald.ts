import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { HeraldError } from "@herald/wire/errors";
import { silentLog } from "@herald/wire/log";
import { type Child, createProcessGroup } from "@herald/world/processes/processGroup";
import { readWorldInfo, type WorldInfo } from "@herald/world/worldInfo";

// Found through the package, because this file runs from its source in tests and from `dist` in the demo.
const main = createRequire(import.meta.url).resolve("@herald/relayer/cli/main");
/** The `herald` command of this repository. */
export const heraldBin = fileURLToPath(new URL("../../bin/herald.mjs", pathToFileURL(main)));
const START_TIMEOUT_MS = 120_000;

/** `herald dev` as a user runs it: one process tree, seen from outside. */
export interface LocalHerald {
  readonly folder: string;
  readonly info: WorldInfo;
  /** Base URL of the relayer's API; another one after the relayer was restarted. */
  apiUrl(): string;
  /** Pids of Herald's own processes by name, as they are now: `relayer`, `worker-1`, … */
  processes(): Readonly<Record<string, number>>;
  /** Ends everything as Ctrl-C does, and returns the pids that were still there afterwards: there must be none. */
  stop(): Promise<readonly number[]>;
}

/** Starts `herald dev` in a folder of its own and waits until it says that it is ready. */
export async function startHerald(parameters: {
  readonly environment?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Keep the folder (logs, store, Temporal's database) after the stop. */
  readonly keepFolder?: boolean;
}): Promise<LocalHerald> {
  const folder = mkdtempSync(join(tmpdir(), "herald-"));
  const outer = createProcessGroup({ folder: join(folder, "dev"), log: silentLog, graceMs: 30_000 });
  const readyFile = join(folder, "dev", "ready.json");
  const worldFolder = join(folder, "world");
  const end = async (): Promise<void> => {
    await outer.stopAll();
    if (parameters.keepFolder !== true) rmSync(folder, { recursive: true, force: true });
  };
  try {
    const dev = await outer.spawn(
      "herald-dev",
      process.execPath,
      [heraldBin, "dev", "--dir", worldFolder, "--ready-file", readyFile],
      { ...parameters.environment },
    );
    await waitForFile(readyFile, dev, parameters.signal);
    const info = readWorldInfo(worldFolder);
    return {
      folder: worldFolder,
      info,
      apiUrl: () => readFileSync(info.files.relayerPort, "utf8").trim(),
      processes: () => readProcesses(readyFile),
      stop: async () => {
        const pids = [
          ...new Set([info.pid, ...Object.values(info.processes), ...Object.values(readProcesses(readyFile))]),
        ];
        await end();
        return pids.filter(isAlive);
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

async function waitForFile(file: string, dev: Child, signal: AbortSignal | undefined): Promise<void> {
  let gone: string | undefined;
  void dev.exited.then((exit) => {
    gone = exit.tail;
  });
  for (const until = Date.now() + START_TIMEOUT_MS; !existsSync(file); await delay(50, undefined, { signal })) {
    if (gone === undefined && Date.now() < until) continue;
    throw new HeraldError({
      code: "LOCAL_WORLD_FAILED",
      message: gone === undefined ? "The local world did not come up in time." : "The local world could not start.",
      facts: { waitedMs: START_TIMEOUT_MS, log: dev.logFile, said: gone ?? "(still starting)" },
      fix: "Read the log named here.",
      actor: "user",
      retry: "never",
    });
  }
}

function readProcesses(readyFile: string): Readonly<Record<string, number>> {
  const ready: { readonly processes: Readonly<Record<string, number>> } = JSON.parse(readFileSync(readyFile, "utf8"));
  return ready.processes;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
