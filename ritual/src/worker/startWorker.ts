import { createServer, type Server } from "node:http";
import type { ModelId } from "@herald/wire/ids";
import type { Log } from "@herald/wire/log";
import type { Address, LocalAccount } from "viem";
import type { LoadedModel, WeightsProgress } from "../models/model.js";
import { type ModelName, modelByName } from "../models/modelByName.js";
import { createAnswerer, type ServedModel } from "./answerCall.js";
import { FairQueue } from "./fairQueue.js";
import { createHttpService } from "./httpService.js";
import { listen } from "./listen.js";
import { modelSupport, serviceResources } from "./serviceResources.js";
import { stopService } from "./stopService.js";

export interface WorkerParameters {
  /** For logs and for `service_id`. */
  readonly name: string;
  /** Signs the answers; its address is what worker sets list. */
  readonly account: LocalAccount;
  /** Who is credited the worker's share of the fee. */
  readonly payee: Address;
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly models: readonly ModelName[];
  /** Herald's cache folder, see `cacheFolder`. */
  readonly cache: string;
  readonly log: Log;
  /** Calls off the start, and later stops the worker like `close`. */
  readonly signal?: AbortSignal;
}

export interface RunningWorker {
  readonly url: string;
  readonly address: Address;
  readonly models: readonly { readonly name: ModelName; readonly id: ModelId }[];
  /** Turns away what waits, gives what runs a moment to end, then calls it off; done when nothing is left. */
  close(): Promise<void>;
}

/** How long a running inference may still take when the worker stops. */
const GRACE_MS = 3_000;

/**
 * Starts the reference worker: loads its models (fetching weights that are not cached) and serves them over HTTP.
 * @throws HeraldError WORKER_LISTEN_FAILED, and what loading a model throws (MODEL_*, SETUP_*)
 */
export async function startWorker(parameters: WorkerParameters): Promise<RunningWorker> {
  const { name, account, payee, host, port, cache, signal } = parameters;
  const log = parameters.log.child({ worker: name });
  const chosen = [...new Set(parameters.models)].map((model) => ({ name: model, model: modelByName(model) }));
  const served = new Map<ModelId, ServedModel>();

  const disposeModels = async () => {
    for (const { loaded } of served.values()) await loaded.dispose();
  };
  let server: Server;
  let url: string;
  // Models take a while and much memory; a port that is taken must be found out before.
  await checkPort(host, port);
  try {
    for (const { name: modelName, model } of chosen) {
      const startedAt = Date.now();
      const progress = progressLog(log);
      const loaded: LoadedModel = await model.load({ cache, progress, log, ...(signal && { signal }) });
      served.set(model.id, { name: modelName, loaded, queue: new FairQueue(model.queueLimit) });
      log.info("A model is loaded.", { model: modelName, modelId: model.id, ms: Date.now() - startedAt });
      signal?.throwIfAborted();
    }
    const offered = chosen.map(({ model }) => ({ id: model.id, manifest: model.manifest }));
    server = createHttpService({
      answer: createAnswerer({ account, payee, models: served, log }),
      health: () => ({
        status: "healthy",
        worker: account.address,
        models: [...served.values()].map(({ name: modelName, queue }) => ({
          name: modelName,
          running: queue.running,
          waiting: queue.waiting,
        })),
      }),
      resources: (wanted) =>
        wanted === null
          ? serviceResources({ name, address: account.address, models: offered })
          : modelSupport(offered, wanted),
      log,
    });
    url = await listen(server, host, port);
    if (signal?.aborted) {
      server.close();
      throw signal.reason;
    }
  } catch (error) {
    await disposeModels();
    throw error;
  }

  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= stop();
    return closed;
  };
  signal?.addEventListener("abort", () => void close(), { once: true });
  log.info("The worker serves.", { url, address: account.address, models: chosen.map((entry) => entry.name) });
  return { url, address: account.address, models: chosen.map(({ name, model }) => ({ name, id: model.id })), close };

  async function stop(): Promise<void> {
    const queues = [...served.values()].map(({ queue }) => queue);
    await stopService(server, queues, GRACE_MS);
    await disposeModels();
    log.info("The worker stopped.");
  }
}

async function checkPort(host: string, port: number): Promise<void> {
  const trial = createServer();
  await listen(trial, host, port);
  await new Promise((resolve) => trial.close(resolve));
}

/** One line for each tenth of a download. */
function progressLog(log: Log): (progress: WeightsProgress) => void {
  let tenth = -1;
  return ({ model, bytes, totalBytes }) => {
    const now = Math.floor((10 * bytes) / totalBytes);
    if (now === tenth) return;
    tenth = now;
    log.info("Model weights are being fetched.", { model, bytes, totalBytes });
  };
}
