import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ChildExit, ProcessGroup } from "@herald/world/processes/processGroup";
import type { World } from "@herald/world/startWorld";
import { createLog } from "./createLog.js";
import { type DevChildren, devChildren } from "./devChildren.js";
import { aborted, stopSignal } from "./stopSignal.js";
import { writeWhole } from "./writeWhole.js";

/**
 * `herald dev`: the whole local world in one process tree. The chains' proxies live in this process; everything else is a child that ends
 * with it, however it ends.
 */
export async function dev(options: {
  readonly dir?: string;
  readonly readyFile?: string;
  readonly logLevel: string;
}): Promise<void> {
  const startedAt = Date.now();
  const log = createLog("dev", options.logLevel);
  const signal = stopSignal(() => say("Stopping everything; Ctrl-C once more does not wait."));
  const folder = options.dir ?? mkdtempSync(join(tmpdir(), "herald-dev-"));
  const { startWorld } = await import("@herald/world/startWorld");
  const { createProcessGroup } = await import("@herald/world/processes/processGroup");
  let world: World | undefined;
  let group: ProcessGroup | undefined;
  let children: DevChildren | undefined;
  try {
    world = await startWorld({
      folder,
      log,
      signal,
      onProgress: ({ part, state, elapsedMs }) => say(`${seconds(elapsedMs)}  ${part} ${state}`),
    });
    group = createProcessGroup({ folder: world.folder, log });
    world.processes.onExit(reportExit);
    const { info } = world;
    children = devChildren({
      group,
      info,
      say,
      reportExit,
      onReady: (apiUrl, processes) => {
        if (options.readyFile === undefined) return;
        const ready = { apiUrl, temporalUi: info.temporal.uiUrl, client: info.files.client, processes };
        writeWhole(options.readyFile, `${JSON.stringify(ready, null, 2)}\n`);
      },
      signal,
    });
    const relayerApi = await children.start();
    say(`${seconds(Date.now() - startedAt)}  everything runs in ${world.folder}`);
    const chains = Object.entries(info.chains).map(([name, { nodeUrl }]) => `${name} ${nodeUrl}`);
    const urls = [`relayer ${relayerApi}`, `Temporal UI ${info.temporal.uiUrl}`, ...chains];
    process.stdout.write(`ready: ${urls.join(" · ")} · client ${info.files.client}\n`);
    await aborted(signal);
  } catch (error) {
    // Interrupted while starting: that was asked for.
    if (!signal.aborted) throw error;
  } finally {
    children?.release();
    await group?.stopAll();
    await world?.stop();
    if (options.dir === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

function reportExit(exit: ChildExit): void {
  const how = exit.signal === null ? `with code ${exit.code}` : `by ${exit.signal}`;
  say(`${exit.name} ended ${how}. The end of ${exit.logFile}:\n${exit.tail.trimEnd().replace(/^/gm, "    ")}`);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1).padStart(6)} s`;
}
