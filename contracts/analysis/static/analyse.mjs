// `npm run analyse`: what Slither and forge's own lint say of src, held against answers.json. A finding without an answer fails, and so does an
// answer without its finding.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { forgeProgram } from "../../forge.mjs";
import { ensurePythonTool } from "../pythonTool.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "..", "..", "..");
const work = join(root, "contracts", "cache", "analysis");

try {
  const findings = [...lint(), ...slither()];
  process.exitCode = compare(findings, JSON.parse(readFileSync(join(here, "answers.json"), "utf8")));
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

/** @returns {{ detector: string, place: string, text: string }[]} */
function slither() {
  const { env } = ensurePythonTool("slither", join(here, "requirements.txt"));
  // Files of a build before this one would be analysed too.
  rmSync(join(work, "build-info"), { recursive: true, force: true });
  const build = ["build", "--root", root, "--force"];
  execute(forgeProgram(), build, { cwd: root, env: { ...env, FOUNDRY_CONFIG: join(here, "foundry.toml") } });

  const report = join(work, "slither.json");
  rmSync(report, { force: true }); // Slither does not overwrite one
  const { output } = execute(
    "python3",
    [
      ...["-m", "slither", "contracts", "--ignore-compile", "--foundry-out-directory", "cache/analysis/out"],
      ...["--foundry-build-info-directory", join(work, "build-info")],
      ...["--filter-paths", "node_modules", "--json", report, "--fail-none", "--disable-color"],
    ],
    // Slither asks forge where things are.
    { cwd: root, env: { ...env, PATH: `${dirname(forgeProgram())}${delimiter}${env.PATH}` } },
  );
  const { success, error, results } = JSON.parse(readFileSync(report, "utf8"));
  if (!success) throw new Error(`Slither failed: ${error}`);
  const [, contracts] = output.match(/analyzed \((\d+) contracts/) ?? [];
  if (!(Number(contracts) > 0)) throw new Error(`Slither has analysed no contract:\n${output}`);
  return [
    ...results.detectors.map((it) => ({ detector: it.check, place: placeOf(it.elements[0]), text: it.description })),
    ...unread(output),
  ];
}

/** What Slither could not read it says in its log only, and then finds nothing there. */
function unread(output) {
  const lines = output.match(/^(Failed to resolved?|Missing|Impossible to generate IR).*$/gm) ?? [];
  return lines
    .map((text) => ({ detector: "unread", place: text.match(/\((.*?)[#)]/)?.[1] ?? text, text }))
    .filter(({ place }, i, all) => all.findIndex((it) => it.place === place) === i);
}

/** `Contract.function.variable`, without what a change elsewhere in the file would move. */
function placeOf({ type, name, type_specific_fields: fields }) {
  const own = type === "node" || type === "contract" ? [] : [name];
  if (type === "contract") return name;
  return fields?.parent ? [placeOf(fields.parent), ...own].join(".") : own.join(".");
}

/** forge's lint, which knows what Slither does not, such as casts that cut. */
function lint() {
  const { output } = execute(forgeProgram(), ["lint", "--json", "src"], { cwd: join(root, "contracts") });
  return output
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line))
    .map((it) => ({
      detector: it.code?.code ?? "lint",
      place: it.spans?.[0]?.file_name ?? "",
      text: it.rendered ?? it.message,
    }));
}

/** Prints what does not fit; 0 if nothing. */
function compare(findings, answers) {
  const open = [...findings];
  const gone = [];
  for (const { detector, places, answer } of answers) {
    if (!answer) throw new Error(`answers.json: nothing is answered for ${detector}`);
    if (places === "everywhere") {
      const before = open.length;
      for (let i = open.length - 1; i >= 0; i--) if (open[i].detector === detector) open.splice(i, 1);
      if (open.length === before) gone.push(`${detector} everywhere`);
      continue;
    }
    // A place that has two findings is named twice.
    for (const place of places) {
      const at = open.findIndex((it) => it.detector === detector && it.place === place);
      if (at < 0) gone.push(`${detector} at ${place}`);
      else open.splice(at, 1);
    }
  }
  for (const it of open) process.stdout.write(`not answered: ${it.detector} at ${it.place}\n  ${indented(it.text)}\n`);
  for (const it of gone) process.stdout.write(`answered, but not found any more: ${it}\n`);
  process.stdout.write(
    `${findings.length} findings: ${findings.length - open.length} answered, ${open.length} not; ${gone.length} answers without a finding\n`,
  );
  return open.length + gone.length === 0 ? 0 : 1;
}

function indented(text) {
  return text.trim().replaceAll("\n", "\n  ");
}

/** Runs a program to its end; throws with what it said if it fails. */
function execute(program, args, options) {
  mkdirSync(work, { recursive: true });
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
    ...options,
  });
  if (error) throw error;
  const output = `${stdout}${stderr}`;
  if (status !== 0)
    throw new Error(`\`${[program, ...args].join(" ")}\` ended with ${status}:\n${output.slice(-4_000)}`);
  return { output };
}
