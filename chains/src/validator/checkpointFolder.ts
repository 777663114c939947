import { constants } from "node:fs";
import { access, mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Hex } from "viem";
import type { Checkpoint } from "../hyperlane/checkpoint.js";
import { formatCheckpointFile, parseCheckpointFile } from "../hyperlane/checkpointFile.js";
import { folderNames } from "../hyperlane/storage/storageNames.js";

/** What a reorg flag says; the official agents' names. */
export interface ReorgFlag {
  readonly local_merkle_root: string;
  readonly canonical_merkle_root: string;
  readonly checkpoint_index: number;
  /** Seconds. */
  readonly unix_timestamp: number;
  /** Blocks. */
  readonly reorg_period: number;
}

/** The folder a validator publishes. Files appear whole or not at all, and stay as they are unless their meaning changes. */
export class CheckpointFolder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  create(): Promise<unknown> {
    return mkdir(this.#folder, { recursive: true });
  }

  async hasReorgFlag(): Promise<boolean> {
    return await access(join(this.#folder, folderNames.reorgFlag), constants.F_OK).then(
      () => true,
      () => false,
    );
  }

  writeReorgFlag(flag: ReorgFlag): Promise<void> {
    return this.write(folderNames.reorgFlag, JSON.stringify(flag, null, 2));
  }

  /** The checkpoint signed for a leaf; a file that cannot be read as one counts as none, and is written anew. */
  async checkpoint(index: number): Promise<Checkpoint | undefined> {
    const text = await this.read(folderNames.checkpoint(index));
    const parsed = text === undefined ? undefined : parseCheckpointFile(text);
    return typeof parsed === "object" ? parsed.checkpoint : undefined;
  }

  writeCheckpoint(checkpoint: Checkpoint, signature: Hex): Promise<void> {
    return this.write(folderNames.checkpoint(checkpoint.index), formatCheckpointFile({ checkpoint, signature }));
  }

  /** Highest leaf signed; −1 if none. */
  async latestIndex(): Promise<number> {
    const text = await this.read(folderNames.latestIndex);
    return text !== undefined && /^\d+$/.test(text.trim()) ? Number(text) : -1;
  }

  writeLatestIndex(index: number): Promise<void> {
    return this.write(folderNames.latestIndex, String(index));
  }

  async read(name: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.#folder, name), "utf8");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
  }

  async write(name: string, text: string): Promise<void> {
    if ((await this.read(name)) === text) return;
    const path = join(this.#folder, name);
    const part = `${path}.${process.pid}.part`;
    const file = await open(part, "w", 0o644);
    try {
      await file.writeFile(text);
      // A checkpoint forgotten in a power cut could be signed differently afterwards.
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
  }
}
