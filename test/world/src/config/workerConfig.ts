import type { RunningParts } from "../runningParts.js";

/** The models that come inside packages; both workers serve both, since both must sign. */
const models = ["smollm2-135m-instruct", "language-detection"];

/** Configuration of one worker: `relayer/src/config/workerConfig.ts`. Paths are relative to the world's folder. */
export function workerConfig({ keys, workerPorts }: RunningParts, index: number): object {
  const worker = keys.workers[index];
  return {
    name: worker?.name,
    signer: { keyFile: worker?.signer.file },
    payee: worker?.operator.account.address,
    host: "127.0.0.1",
    port: workerPorts[index],
    models,
  };
}
