// What is written from the contracts' artifacts and checked in: written anew, or with `--check` only compared.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { forge } from "./forge.mjs";

/** The artifact of a contract, by its name and the file it is in; build first. */
export function artifactOf(name, file = name) {
  return JSON.parse(readFileSync(new URL(`./out/${file}.sol/${name}.json`, import.meta.url), "utf8"));
}

/** Compiles what is deployed, and ends the process where that fails. */
export function build() {
  const status = forge(["build", "--skip", "test/**"], ["ignore", "ignore", "inherit"]);
  if (status !== 0) process.exit(status);
}

/** Writes texts by their paths in this folder. With `--check` it writes nothing and ends with 1 if one is not what it would write. */
export function writeOrCheck(texts, command) {
  const check = process.argv.includes("--check");
  const stale = [];
  for (const [path, text] of Object.entries(texts)) {
    const file = new URL(path, import.meta.url);
    if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
    stale.push(path);
    if (check) continue;
    mkdirSync(new URL(".", file), { recursive: true });
    writeFileSync(file, text);
    process.stdout.write(`wrote ${path}\n`);
  }
  if (!check || stale.length === 0) return;
  const list = stale.map((it) => `  contracts/${it}\n`).join("");
  process.stderr.write(`Not what the contracts say; if that is meant, run ${command}:\n${list}`);
  process.exit(1);
}
