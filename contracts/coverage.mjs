// Prints how much of each contract in src the tests reach, and fails where that is less than all.
//
// The tests deploy the artifacts in out/, of which forge counts nothing. So they run in a copy of this folder, where they deploy by name
// what forge has just compiled for counting: without optimiser, which only the Infernet coordinator is too big for (a function of eleven
// parameters). Its folder is counted in a second run, through the IR, which takes a minute or two to compile.
import { closeSync, cpSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { forge } from "./forge.mjs";

/** What is counted as missed though tests reach it, because the IR's source map has it elsewhere: `file: line`, and which tests. */
const miscounted = {
  "src/compat/coordinator/Intervals.sol: if (sub.lazy) {": "both ways: test/compat/Subscription.t.sol, eager and lazy",
  "src/compat/libraries/ContainerBytes.sol: value := mload(add(add(data, 0x20), pos))":
    "test/compat/Callback.t.sol, inputs of a text route are text",
};

const copy = new URL("./cache/coverage/", import.meta.url);
const isCompat = (path) => /(^|\/)compat(\/|$)/.test(path);
const runs = [
  { counts: (path) => !isCompat(path), copies: (path) => !isCompat(path), flags: [] },
  { counts: isCompat, copies: (path) => !path.endsWith(".t.sol") || isCompat(path), flags: ["--ir-minimum"] },
];

const rows = [];
const missed = [];
for (const { counts, copies, flags } of runs) {
  makeCopy(copies);
  rows.push(...rowsOf(cover(flags)).filter(({ path }) => counts(path)));
  missed.push(...missedIn(readFileSync(new URL("lcov.info", copy), "utf8")).filter(({ path }) => counts(path)));
}

process.stdout.write("\n| contract | lines | statements | branches | functions |\n| --- | --- | --- | --- | --- |\n");
for (const { path, cells } of rows) process.stdout.write(`| \`${path}\` | ${cells.join(" | ")} |\n`);
const keyOf = ({ path, line }) => `${path}: ${readFileSync(new URL(path, copy), "utf8").split("\n")[line - 1].trim()}`;
const unexplained = missed.filter((it) => miscounted[keyOf(it)] === undefined);
for (const it of unexplained) process.stderr.write(`not reached: ${it.path}:${it.line} (${it.what})\n`);
const stale = Object.keys(miscounted).filter((key) => !missed.some((it) => keyOf(it) === key));
for (const it of stale) process.stderr.write(`reached, or not there any more, so not to be listed: ${it}\n`);
process.exit(unexplained.length === 0 && stale.length === 0 && rows.length > 0 ? 0 : 1);

function makeCopy(copies) {
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy, { recursive: true });
  const here = (path) => fileURLToPath(new URL(path, import.meta.url));
  const filter = (path) => copies(path.slice(here("./").length));
  for (const it of ["src", "test", "examples", "vectors", "solc"]) {
    cpSync(here(it), new URL(it, copy), { recursive: true, filter });
  }
  const factories = "@hyperlane-xyz/core/dist/typechain/factories/contracts";
  for (const it of ["@openzeppelin/contracts", "@hyperlane-xyz/core/contracts", factories, forgeStd()]) {
    cpSync(here(`../node_modules/${it}`), new URL(`node_modules/${it}`, copy), { recursive: true });
  }
  // One way to compile for all, and no gas to compare: whose gas is snapshotted is not run.
  const settings = readFileSync(here("foundry.toml"), "utf8")
    .replaceAll("../node_modules", "node_modules")
    .replaceAll(/^(additional_compiler_profiles|compilation_restrictions|gas_snapshot_check) .*$/gm, "");
  writeFileSync(new URL("foundry.toml", copy), settings);
  for (const it of readdirSync(new URL("test", copy), { recursive: true })) {
    if (!it.endsWith(".sol")) continue;
    const file = new URL(`test/${it}`, copy);
    const source = readFileSync(file, "utf8").replaceAll('"../node_modules/', '"node_modules/');
    writeFileSync(file, source.replaceAll(/"out\/(\w+)\.sol\/\1\.json"/g, '"$1.sol:$1"'));
  }
}

function forgeStd() {
  const [, path] = /"forge-std\/=\.\.\/node_modules\/(.*)\/src\/"/.exec(
    readFileSync(new URL("./foundry.toml", import.meta.url), "utf8"),
  );
  return path;
}

/** Runs the tests, and gives forge's table; ends the process where one fails. */
function cover(flags) {
  const file = new URL("summary.txt", copy);
  const output = openSync(file, "w");
  // Random lives reach nothing that the plain tests do not, and take their time.
  const choice = ["--no-match-contract", "Gas|Invariants", "--report", "summary", "--report", "lcov"];
  const status = forge(["coverage", "--root", fileURLToPath(copy), ...choice, ...flags], ["ignore", output, output]);
  closeSync(output);
  const text = readFileSync(file, "utf8");
  if (status === 0) return text;
  process.stderr.write(text);
  process.exit(status);
}

/** `| src/X.sol | 100.00% (7/7) | …` as path and cells, src only. */
function rowsOf(table) {
  return [...table.matchAll(/^\| (src\/\S+) +\| (.*) \|$/gm)].map(([, path, cells]) => ({
    path,
    cells: cells.split("|").map((it) => it.trim().replace(/^100\.00% /, "100% ")),
  }));
}

/** Lines, branches and functions that were not reached. */
function missedIn(lcov) {
  const found = [];
  let path = "";
  const lines = new Map();
  for (const record of lcov.split("\n")) {
    const [kind, value = ""] = record.split(/:(.*)/s);
    const fields = value.split(",");
    if (kind === "SF") path = value;
    if (!path.startsWith("src/")) continue;
    if (kind === "FN") lines.set(`${path} ${fields.at(-1)}`, Number(fields[0]));
    if (kind === "DA" && fields[1] === "0") found.push({ path, line: Number(fields[0]), what: "line" });
    if (kind === "BRDA" && ["0", "-"].includes(fields[3]))
      found.push({ path, line: Number(fields[0]), what: "branch" });
    if (kind === "FNDA" && fields[0] === "0") {
      found.push({ path, line: lines.get(`${path} ${fields[1]}`), what: `function ${fields[1]}` });
    }
  }
  return found;
}
