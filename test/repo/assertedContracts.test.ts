import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const contracts = fileURLToPath(new URL("../../contracts", import.meta.url));

/** Source files of a folder without their comments. */
function sources(folder: string): string[] {
  const files = readdirSync(join(contracts, folder), { recursive: true, encoding: "utf8" });
  return files
    .filter((it) => it.endsWith(".sol"))
    .map((it) => readFileSync(join(contracts, folder, it), "utf8").replaceAll(/\/\/.*$|\/\*[\s\S]*?\*\//gm, ""));
}

/** Errors or events that are declared in src, as `Contract.Name`. */
function declared(kind: "error" | "event"): string[] {
  return sources("src").flatMap((source) => {
    const [, contract] = /\b(?:contract|interface|library)\s+(\w+)/.exec(source) ?? [];
    const names = [...source.matchAll(new RegExp(`^\\s*${kind}\\s+(\\w+)\\s*\\(`, "gm"))].map(([, name]) => name);
    return names.map((name) => `${contract}.${name}`);
  });
}

const tests = sources("test").join("\n");

/** Declared, and nowhere expected by the contracts' tests. */
function unexpected(kind: "error" | "event", expectation: (name: string) => RegExp): string[] {
  const all = declared(kind);
  expect(all.length).toBeGreaterThan(40);
  return all.filter((name) => !expectation(name.replace(".", "\\.")).test(tests));
}

test("every event of the contracts is expected by a test", () => {
  // `emit` stands in a test only to say what `expectEmit` expects.
  expect(unexpected("event", (name) => new RegExp(`expectEmit\\([^;]*;\\s*emit ${name}\\(`))).toEqual([]);
});

test("every error of the contracts is expected by a test", () => {
  // Not where only the selector itself is compared with Infernet's.
  expect(unexpected("error", (name) => new RegExp(`(?<!assertEq\\()\\b${name}\\.selector`))).toEqual([]);
});
