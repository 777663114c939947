import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const contracts = fileURLToPath(new URL("../../contracts", import.meta.url));
const table = readFileSync(join(contracts, "TRUST.md"), "utf8");

/** `[label]: file#name`, in angle brackets where the name has spaces. */
const DEFINITION = /^\[(\w+)\]: <?([^#<>]+)#([^>\n]+?)>?$/gm;

interface NamedTest {
  file: string;
  name: string;
}

function definitionsOf(markdown: string): Map<string, NamedTest> {
  return new Map(
    [...markdown.matchAll(DEFINITION)].map(([, label = "", file = "", name = ""]) => [label, { file, name }]),
  );
}

/** Labels of the links `[claim][label]`. */
function labelsIn(markdown: string): string[] {
  return [...markdown.matchAll(/\]\[(\w+)\]/g)].map(([, label = ""]) => label);
}

/** Every link that leads to no test. */
function missingTests(markdown: string): string[] {
  const definitions = definitionsOf(markdown);
  return labelsIn(markdown).filter((label) => {
    const test = definitions.get(label);
    if (test === undefined) return true;
    const path = join(contracts, test.file);
    return !existsSync(path) || !declares(readFileSync(path, "utf8"), test);
  });
}

/** Titles are looked for as they are written, behind `test(`, `it(` or the table of a `test.each`. */
function declares(source: string, { file, name }: NamedTest): boolean {
  if (file.endsWith(".t.sol")) return source.includes(`function ${name}(`);
  return ["test(", "it(", ")("].some((call) => source.includes(`${call}${JSON.stringify(name)},`));
}

function rows(): { party: string; could: string; couldNot: string }[] {
  return table
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| ---") && !line.startsWith("| party"))
    .map((line) => {
      const [, party = "", could = "", couldNot = ""] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
      return { party, could, couldNot };
    });
}

describe("the trust table", () => {
  test("names every party", () => {
    expect(rows().map(({ party }) => party)).toEqual([
      "requester",
      "consumer contract",
      "worker operator",
      "k − 1 operators",
      "all workers of a set",
      "relayer",
      "publisher's key",
      "lane's validators, a threshold of them",
      "whoever upgrades the Mailbox",
      "hub's owner",
      "gateway's owner",
      "guardian",
      "set's admin or guardian",
      "policy's verifier",
      "fee token",
      "one RPC provider",
      "Celestia node",
      "anyone else",
    ]);
  });

  test("has a test behind every cell", () => {
    for (const { party, could, couldNot } of rows()) {
      expect(labelsIn(could), `what ${party} could do`).not.toEqual([]);
      expect(labelsIn(couldNot), `what ${party} could not do`).not.toEqual([]);
    }
  });

  test("names only tests that exist", () => {
    expect(missingTests(table)).toEqual([]);
    const unused = [...definitionsOf(table).keys()].filter((label) => !labelsIn(table).includes(label));
    expect(unused, "defined, but behind no claim").toEqual([]);
  });

  test("would not be believed about a test that is gone", () => {
    const definitions = [
      "[1]: test/gateway/Attacks.t.sol#test_attack_gone",
      "[2]: <../test/e2e/refund.test.ts#no such test>",
      "[3]: test/gateway/Gone.t.sol#test_attack_hub_impostor",
      "[5]: test/gateway/Attacks.t.sol#test_attack_hub_impostor",
    ];
    const claims = "[a][1] [b][2] [c][3] [d][4] [e][5]";
    expect(missingTests([claims, "", ...definitions].join("\n"))).toEqual(["1", "2", "3", "4"]);
  });
});
