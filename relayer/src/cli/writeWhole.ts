import { renameSync, writeFileSync } from "node:fs";

/** Writes a file whole or not at all: whoever sees it can use it. */
export function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
