import { readFileSync } from "node:fs";
import { writeWhole } from "./writeWhole.js";

/** Tells others where a server listens. */
export function writePortFile(file: string, url: string): void {
  writeWhole(file, `${url}\n`);
}

/** The URL in a port file, or undefined while there is none. */
export function readPortFile(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return undefined;
  }
}
