import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openFolder } from "../src/folder/openFolder.js";

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "herald-folder-"));
});
afterAll(() => rmSync(scratch, { recursive: true }));

test("a folder is made with all above it", () => {
  const opened = openFolder(join(scratch, "a", "b"));
  expect(opened.path.endsWith(join("a", "b"))).toBe(true);
  opened.close();
});

test("a place that can hold no folder is refused in one sentence, and never waited for", () => {
  const file = join(scratch, "file");
  writeFileSync(file, "");
  for (const folder of [file, join(file, "below"), "/proc/none/below"]) {
    expect(() => openFolder(folder), folder).toThrowError(expect.objectContaining({ code: "SETUP_FOLDER_UNUSABLE" }));
  }
});
