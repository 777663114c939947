import { arch, cpus, platform, totalmem } from "node:os";
import type { ModelId } from "@herald/wire/ids";
import type { ModelManifest } from "@herald/wire/model";
import type { Address } from "viem";
import { PROTOCOL_VERSION } from "../infernet/containerProtocol.js";

/** A model as the worker announces it. */
export interface OfferedModel {
  readonly id: ModelId;
  readonly manifest: ModelManifest;
}

/** The body of `GET /service-resources` in Infernet's form, with what a relayer wants to know under `herald`. */
export function serviceResources(worker: {
  readonly name: string;
  readonly address: Address;
  readonly models: readonly OfferedModel[];
}) {
  return {
    version: `herald/${PROTOCOL_VERSION}`,
    service_id: worker.name,
    hardware_capabilities: [
      {
        capability_id: "base",
        cpu_info: { architecture: arch(), num_cores: cpus().length },
        os_info: { name: platform() },
        memory_info: { total_bytes: totalmem() },
      },
    ],
    compute_capability: [
      {
        capability_id: "ml",
        task: [...new Set(worker.models.map(({ manifest }) => manifest.task))],
        cached_models: worker.models.map(({ id }) => id),
      },
    ],
    herald: { protocol: PROTOCOL_VERSION, worker: worker.address, models: worker.models },
  };
}

/** The body of `GET /service-resources?model_id=…`; takes a model id or a name. */
export function modelSupport(models: readonly OfferedModel[], wanted: string) {
  const found = models.some(({ id, manifest }) => id === wanted.toLowerCase() || manifest.name === wanted);
  return found ? { supported: true } : { supported: false, error: "This worker does not serve that model." };
}
