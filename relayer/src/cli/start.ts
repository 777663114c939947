import { loadConfig, resolveBeside } from "../config/loadConfig.js";
import { relayerConfigSchema } from "../config/relayerConfig.js";
import { startService } from "../service/startService.js";
import { installTemporalRuntime } from "../service/temporalRuntime.js";
import { createLog } from "./createLog.js";
import { keepHeapSmall } from "./keepHeapSmall.js";
import { writePortFile } from "./portFile.js";
import { aborted, stopSignal } from "./stopSignal.js";

/** `herald start`: a relayer until it is told to stop. */
export async function start(options: { readonly config: string; readonly logLevel: string }): Promise<void> {
  const config = loadConfig(options.config, relayerConfigSchema);
  const log = createLog("relayer", options.logLevel);
  keepHeapSmall();
  const runtime = installTemporalRuntime(log);
  const signal = stopSignal(() => log.info("The relayer is stopping; once more ends it at once."));
  try {
    const service = await startService({ config, configFile: options.config, log });
    if (config.portFile !== undefined) writePortFile(resolveBeside(options.config, config.portFile), service.url);
    log.info("The relayer runs.", { api: service.url, chains: Object.keys(config.origins) });
    process.stdout.write(`relayer API ${service.url}\n`);
    await aborted(signal);
    await service.stop();
    log.info("The relayer has stopped.");
  } finally {
    await runtime.close();
  }
}
