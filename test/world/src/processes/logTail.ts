import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** The last lines of a log file; empty if it cannot be read. Reads at most 16 KiB, however long the file is. */
export function logTail(file: string, lines = 12): string {
  try {
    const handle = openSync(file, "r");
    try {
      const { size } = fstatSync(handle);
      const buffer = Buffer.alloc(Math.min(size, 16_384));
      readSync(handle, buffer, 0, buffer.length, size - buffer.length);
      return buffer.toString("utf8").trimEnd().split("\n").slice(-lines).join("\n");
    } finally {
      closeSync(handle);
    }
  } catch {
    return "";
  }
}
