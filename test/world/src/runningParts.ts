import type { LocalChain } from "./chain/startChain.js";
import type { WorldDeployment } from "./deployWorld.js";
import type { WorldKeys } from "./folder/makeKeys.js";
import type { CelestiaDevnet } from "./services/celestiaDevnet.js";
import type { TemporalServer } from "./services/temporalServer.js";

/** A world all of whose parts run: what its files are written from. */
export interface RunningParts {
  readonly folder: string;
  readonly keys: WorldKeys;
  readonly hub: LocalChain;
  readonly origins: readonly LocalChain[];
  readonly temporal: TemporalServer;
  readonly celestia: CelestiaDevnet;
  readonly deployed: WorldDeployment;
  /** Where each worker will listen, so that the relayer can be told before they start. */
  readonly workerPorts: readonly number[];
}

/** The ten free bytes of the namespace Herald's evidence goes to: the text `herald`, in hex. */
export const evidenceNamespace = Buffer.from("herald".padStart(10, "\0")).toString("hex");
