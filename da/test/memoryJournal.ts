import type { Hex } from "viem";
import type { BlobJournal, BlobRecord } from "../src/blobJournal.js";

/** A journal that lives as long as the test, and what was written to it, in order. */
export class MemoryJournal implements BlobJournal {
  readonly history: BlobRecord[] = [];

  async load(batch: Hex): Promise<BlobRecord | undefined> {
    return this.history.findLast((record) => record.batch === batch);
  }

  async save(record: BlobRecord): Promise<void> {
    this.history.push(structuredClone(record));
  }
}
