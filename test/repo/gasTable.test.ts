import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { z } from "zod";

const contracts = fileURLToPath(new URL("../../contracts", import.meta.url));
const table = readFileSync(join(contracts, "GAS.md"), "utf8");

/** Rows of `| step | number | `file.json` key | ...`. */
const ROW = /^\| (?<step>[^|]+?) +\| (?<gas>[\d,]+) +\| `(?<file>[a-z]+\.json)` (?<key>[^|]+?) +\|/;
const row = z.object({ step: z.string(), gas: z.string(), file: z.string(), key: z.string() });
const snapshot = z.record(z.string(), z.string());

const rows = table.split("\n").flatMap((line) => {
  const match = ROW.exec(line);
  return match === null ? [] : [row.parse(match.groups)];
});

test("the gas table is read whole", () => {
  const lines = table.split("\n").filter((line) => line.startsWith("| ") && !/^\| (step|-)/.test(line));
  expect(rows).toHaveLength(lines.length);
  expect(rows.length).toBeGreaterThan(0);
});

test.each(rows)("$step is what $file says", ({ gas, file, key }) => {
  const values = snapshot.parse(JSON.parse(readFileSync(join(contracts, "snapshots", file), "utf8")));
  expect(gas.replaceAll(",", "")).toBe(values[key]);
});
