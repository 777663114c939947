import { HeraldError } from "@herald/wire/errors";
import type { ModelId } from "@herald/wire/ids";
import type { Log } from "@herald/wire/log";
import type { ModelManifest } from "@herald/wire/model";

/** How far a download is, in bytes. */
export interface WeightsProgress {
  readonly model: string;
  readonly bytes: number;
  readonly totalBytes: number;
}

/** What a model needs to come up. */
export interface LoadParameters {
  /** Herald's cache folder. */
  readonly cache: string;
  readonly progress: (progress: WeightsProgress) => void;
  readonly log: Log;
  readonly signal?: AbortSignal;
}

/** A model in memory. Runs one input at a time: the caller queues. */
export interface LoadedModel {
  /**
   * Equal inputs give equal outputs.
   * @throws HeraldError MODEL_INPUT_REFUSED for an input the model does not take; the signal's reason if called off; whatever else it
   * throws counts as a failure of the model on this input
   */
  run(input: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
  /** Frees its memory; nothing may be running. */
  dispose(): Promise<void>;
}

/** A model a worker can serve. Importing one costs nothing: its runtime is loaded by `load`. */
export interface Model {
  readonly manifest: ModelManifest;
  /** Hash of the manifest, which pins the weights. */
  readonly id: ModelId;
  /** Requests that may wait for it; more are told to come back. Chosen so that the last one waits less than a relayer's patience. */
  readonly queueLimit: number;
  load(parameters: LoadParameters): Promise<LoadedModel>;
}

/** The error for an input the model does not take; the worker signs `refused`. */
export function inputRefused(reason: string, facts: Readonly<Record<string, unknown>> = {}): HeraldError {
  return new HeraldError({
    code: "MODEL_INPUT_REFUSED",
    message: "The model does not take this input.",
    facts: { reason, ...facts },
    actor: "user",
    retry: "never",
  });
}
