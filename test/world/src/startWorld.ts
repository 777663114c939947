import { rmSync } from "node:fs";
import { join } from "node:path";
import { HeraldError } from "@herald/wire/errors";
import type { Log } from "@herald/wire/log";
import { openControlServer } from "./chain/controlServer.js";
import type { ProxyControl } from "./chain/lie.js";
import { localHub, localOrigins } from "./chain/localChains.js";
import { type LocalChain, startChain } from "./chain/startChain.js";
import { deployWorld } from "./deployWorld.js";
import { makeKeys } from "./folder/makeKeys.js";
import { openFolder } from "./folder/openFolder.js";
import { orAborted } from "./orAborted.js";
import { diedError } from "./processes/diedError.js";
import { createProcessGroup, type ProcessGroup } from "./processes/processGroup.js";
import { startCelestia } from "./services/celestiaDevnet.js";
import { startTemporal } from "./services/temporalServer.js";
import { type TakenPorts, takePorts } from "./takePorts.js";
import type { WorldInfo } from "./worldInfo.js";
import { writeFiles } from "./writeFiles.js";

/** One part of the world, as it comes up. */
export interface WorldProgress {
  readonly part: string;
  readonly state: "starting" | "ready";
  /** Milliseconds since the start of the world. */
  readonly elapsedMs: number;
}

export interface WorldOptions {
  /** Empty, new, or left by an earlier world. */
  readonly folder: string;
  readonly log: Log;
  readonly onProgress?: (progress: WorldProgress) => void;
  /** Ends a start that is under way; a world that runs is ended by `stop`. */
  readonly signal?: AbortSignal;
}

/** A running local world. It ends with this process, however that ends. */
export interface World {
  /** Absolute path. */
  readonly folder: string;
  readonly info: WorldInfo;
  /** By name: the nodes' URLs and the proxies in front of them. */
  readonly chains: Readonly<Record<string, { readonly nodeUrl: string; readonly proxies: readonly ProxyControl[] }>>;
  /** `anvil-<chain>`, `temporal` and `celestia`. */
  readonly processes: ProcessGroup;
  /** Ends every program and gives the folder back; its files stay for reading. */
  stop(): Promise<void>;
}

/**
 * Starts four chains behind proxies, Temporal and Celestia, deploys everything, and writes the configurations of what runs on top.
 * @throws HeraldError SETUP_* with what to do; nothing is left running then
 */
export async function startWorld({ folder, log, onProgress, signal }: WorldOptions): Promise<World> {
  const started = Date.now();
  const home = openFolder(folder);
  const processes = createProcessGroup({ folder: home.path, log });
  const control = await openControlServer();
  const chains: LocalChain[] = [];
  let taken: TakenPorts | undefined;
  const failure = new AbortController();
  const abort = () => failure.abort(interrupted());
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  processes.onExit((exit) => failure.abort(diedError(exit)));

  const pending: Promise<unknown>[] = [];
  const part = <T>(name: string, work: () => Promise<T>): Promise<T> => {
    onProgress?.({ part: name, state: "starting", elapsedMs: Date.now() - started });
    const working = work().then((result) => {
      failure.signal.throwIfAborted();
      onProgress?.({ part: name, state: "ready", elapsedMs: Date.now() - started });
      return result;
    });
    pending.push(working);
    return working;
  };
  const close = async () => {
    await Promise.all(processes.children.map((child) => child.stop()));
    await processes.stopAll();
    await Promise.all(chains.flatMap(({ proxies }) => proxies.map((proxy) => proxy.close())));
    await control.close();
    await taken?.release();
    rmSync(join(home.path, "tmp"), { recursive: true, force: true });
  };

  const keys = makeKeys(home.path);
  const context = { folder: home.path, signal: failure.signal };
  const startAll = (ports: readonly number[]) => {
    const [temporalPort = 0, uiPort = 0, firstWorker = 0, secondWorker = 0, ...nodePorts] = ports;
    const chain = (spec: { readonly name: string; readonly chainId: number }) =>
      part(spec.name, async () => {
        const local = await startChain(spec, { ...context, processes, control, port: nodePorts.pop() ?? 0 });
        chains.push(local);
        return local;
      });
    const hub = chain(localHub);
    const origins = localOrigins.map(chain);
    return Promise.all([
      hub,
      Promise.all(origins),
      part("contracts", () => deployWorld(home.path, { hub, origins, keys })),
      part("temporal", () => startTemporal(processes, { ...context, ports: [temporalPort, uiPort] })),
      part("celestia", () => startCelestia(processes, context)),
      [firstWorker, secondWorker],
    ] as const);
  };

  try {
    taken = await takePorts(8);
    failure.signal.throwIfAborted();
    const [hub, origins, deployed, temporal, celestia, workerPorts] = await orAborted(
      startAll(taken.ports),
      failure.signal,
    );
    await Promise.all(chains.map(({ node }) => node.mineEverySecond()));
    const parts = { folder: home.path, keys, hub, origins, temporal, celestia, deployed, workerPorts };
    const pids = Object.fromEntries(processes.children.map(({ name, pid }) => [name, pid]));
    const info = writeFiles(parts, pids);
    failure.signal.throwIfAborted();
    let stopped: Promise<void> | undefined;
    return {
      folder: home.path,
      info,
      chains: Object.fromEntries(chains.map(({ name, node, proxies }) => [name, { nodeUrl: node.url, proxies }])),
      processes,
      stop: () => {
        stopped ??= close().then(home.close);
        return stopped;
      },
    };
  } catch (error) {
    failure.abort(error);
    await close();
    // Parts that were still starting find their programs gone or the signal aborted; only then has all they opened been seen.
    await Promise.allSettled(pending);
    await close();
    home.close();
    throw failure.signal.reason;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

function interrupted(): HeraldError {
  return new HeraldError({
    code: "SETUP_INTERRUPTED",
    message: "The start of the local world was interrupted.",
    actor: "user",
    retry: "never",
  });
}
