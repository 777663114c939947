import { cacheFolder } from "@herald/ritual/models/cacheFolder";
import { startWorker } from "@herald/ritual/worker/startWorker";
import { loadConfig, resolveBeside } from "../config/loadConfig.js";
import { loadSigner } from "../config/loadSigner.js";
import { workerConfigSchema } from "../config/workerConfig.js";
import { createLog } from "./createLog.js";
import { writePortFile } from "./portFile.js";
import { aborted, stopSignal } from "./stopSignal.js";

/** `herald worker`: serves models until it is told to stop. */
export async function worker(options: { readonly config: string; readonly logLevel: string }): Promise<void> {
  const config = loadConfig(options.config, workerConfigSchema);
  const account = loadSigner(options.config, config.signer, "signer");
  const log = createLog(config.name, options.logLevel);
  const signal = stopSignal(() => log.info("The worker is stopping; once more ends it at once."));
  const running = await startWorker({
    ...config,
    account,
    cache: config.cache === undefined ? cacheFolder() : resolveBeside(options.config, config.cache),
    log,
    signal,
  });
  if (config.portFile !== undefined) writePortFile(resolveBeside(options.config, config.portFile), running.url);
  process.stdout.write(`worker ${config.name} ${running.address} at ${running.url}\n`);
  await aborted(signal);
  await running.close();
}
