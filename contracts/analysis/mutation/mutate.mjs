// `npm run mutate`: changes the gateway and the verifier in one place at a time and asks the tests. A mutant that no test notices is shown,
// unless survivors.json says why it does not matter.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ensurePythonTool } from "../pythonTool.mjs";
import { compiler } from "./compiler.mjs";
import { printReport } from "./report.mjs";
import { makeTree } from "./tree.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "..", "..", "..");
const work = join(root, "contracts", "cache", "mutation");
const resultsFile = join(work, "results.jsonl");

/** What is deployed, and so what tests can notice. */
const targets = [
  { file: "contracts/src/InferenceGateway.sol", name: "InferenceGateway" },
  { file: "contracts/src/verifiers/AttestedVerifier.sol", name: "AttestedVerifier" },
  { file: "contracts/src/WorkerSets.sol", name: "WorkerSets" },
];
/** Of what the targets are made of, which files are mutated. */
const mutated = /^contracts\/src\/(gateway|verifiers|libraries|InferenceGateway\.sol|WorkerSets\.sol)/;
/** A mutant may well be a byte longer. */
const neverAsked = ["test_the_gateway_fits_the_size_limit"];

const { values: options } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    sample: { type: "string" },
    minutes: { type: "string" },
    only: { type: "string" },
    report: { type: "boolean", default: false },
  },
});

mkdirSync(work, { recursive: true });
const tree = makeTree(join(work, "tree"), root);
const testsHash = hashOf(...sourcesUnder("test").map((path) => tree.read(path)));
const { compile } = compiler(tree.folder);
const baseline = await measureBaseline();
const mutants = listMutants();
if (!options.report) await testAll(mutants);
const complete = options.only === undefined && options.sample === undefined;
const explanations = JSON.parse(readFileSync(join(here, "survivors.json"), "utf8"));
process.exitCode = printReport(mutants, known(), explanations, { complete });

/** The unchanged code, compiled quickly and as it is deployed. Compiled quickly it takes other gas, so tests of gas fail: they are left out. */
async function measureBaseline() {
  const compiled = targets.map((target) => ({
    target,
    quick: compile(target, { viaIr: false }),
    deployed: options.report ? undefined : compile(target, { viaIr: true }),
  }));
  if (options.report) return { compiled };
  process.stdout.write("compiling the tests\n");
  const errors = tree.build();
  if (errors !== undefined) throw new Error(`the contracts or their tests do not compile:\n${errors.slice(0, 4_000)}`);
  // An earlier run may have left a mutant.
  deployAll(compiled, "deployed");
  const asDeployed = await tree.test({ leaveOut: neverAsked, limitMs: 600_000, untilFirst: false });
  if (!asDeployed.passed) throw new Error(`the tests fail without any mutant:\n${asDeployed.output.slice(-2_000)}`);
  deployAll(compiled, "quick");
  const began = Date.now();
  const { failed } = await tree.test({ leaveOut: neverAsked, limitMs: 600_000, untilFirst: false });
  const limitMs = Math.max(60_000, 20 * (Date.now() - began));
  return { compiled, leaveOut: [...neverAsked, ...failed], limitMs };
}

function deployAll(compiled, how) {
  for (const { target, [how]: code } of compiled) tree.deploy(target.name, code);
}

/** All mutants in an order that the seed decides, so that a part of them is a fair sample. */
function listMutants() {
  const files = [...new Set(baseline.compiled.flatMap(({ quick }) => quick.files))]
    .filter((file) => mutated.test(file))
    .sort();
  const { env } = ensurePythonTool("universalmutator", join(here, "requirements.txt"));
  const args = [join(here, "list.py"), join(here, "solidity.rules"), ...files];
  const { status, stdout, stderr } = spawnSync("python3", args, {
    cwd: tree.folder,
    env,
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`universalmutator failed:\n${stderr.slice(-2_000)}`);
  const lines = new Map(files.map((file) => [file, tree.read(file).split("\n")]));
  const all = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
    .map((mutant) => {
      const content = lines
        .get(mutant.file)
        .with(mutant.line - 1, mutant.to)
        .join("\n");
      return { ...mutant, content, key: hashOf(mutant.file, content), place: placeOf(lines.get(mutant.file), mutant) };
    })
    .filter(({ place, from, to }) => new RegExp(options.only ?? "").test(`${place}: ${from.trim()} => ${to.trim()}`))
    .sort((a, b) => (hashOf(options.seed, a.key) < hashOf(options.seed, b.key) ? -1 : 1));
  return options.sample === undefined ? all : all.slice(0, Number(options.sample));
}

/** `Contract.function`, or `Contract` for what stands outside of functions. */
function placeOf(lines, { line, file }) {
  const contract = file.match(/(\w+)\.sol$/)[1];
  for (let i = line - 1; i >= 0; i--) {
    const name = lines[i].match(/^ {4}(?:function (\w+)|(constructor))/);
    if (name) return `${contract}.${name[1] ?? name[2]}`;
    if (/^ {4}\}/.test(lines[i]) && i < line - 1) break;
  }
  return contract;
}

async function testAll(all) {
  const done = known();
  const until =
    options.minutes === undefined ? Number.POSITIVE_INFINITY : Date.now() + Number(options.minutes) * 60_000;
  const seen = new Map();
  const left = all.filter(({ key }) => !done.has(key) || isOld(done.get(key)));
  process.stdout.write(
    `${all.length} mutants, ${left.length} to test; a test run may take ${baseline.limitMs / 1_000} s\n`,
  );
  for (const [i, mutant] of left.entries()) {
    if (Date.now() > until) return process.stdout.write(`time is up, ${left.length - i} mutants not tested\n`);
    const began = Date.now();
    const { verdict, by } = await judge(mutant, seen);
    const { key, file, line } = mutant;
    appendFileSync(resultsFile, `${JSON.stringify({ key, verdict, by, tests: testsHash, file, line })}\n`);
    const note = verdict === "survived" ? `\n  - ${mutant.from.trim()}\n  + ${mutant.to.trim()}` : "";
    const seconds = ((Date.now() - began) / 1_000).toFixed(1);
    process.stdout.write(`${i + 1}/${left.length} ${file}:${line} ${verdict} ${by ?? ""} ${seconds} s${note}\n`);
  }
}

/** A survivor is asked again when there are other tests; what was killed stays so, since tests are not taken away. */
function isOld({ verdict, tests }) {
  return verdict === "survived" && tests !== testsHash;
}

/** @returns {Promise<{ verdict: "killed" | "survived" | "invalid" | "same", by?: string }>} */
async function judge({ file, content }, seen) {
  const touched = baseline.compiled.filter(({ quick }) => quick.files.includes(file));
  const changed = { path: file, content };
  const made = touched.map(({ target, quick }) => ({
    target,
    before: quick,
    code: compile(target, { viaIr: false, changed }),
  }));
  if (made.some(({ code }) => code === undefined)) return { verdict: "invalid" };
  if (made.every(({ before, code }) => before.created === code.created)) return { verdict: "same" };
  const fingerprint = hashOf(...made.map(({ code }) => code.created));
  const twin = seen.get(fingerprint);
  seen.set(fingerprint, true);
  if (twin) return { verdict: "same", by: "another mutant" };

  deployAll(baseline.compiled, "quick");
  for (const { target, code } of made) tree.deploy(target.name, code);
  const quickly = await tree.test({ leaveOut: baseline.leaveOut, limitMs: baseline.limitMs, untilFirst: true });
  if (!quickly.passed) return killed(quickly);

  // Now as it is deployed and with all tests.
  deployAll(baseline.compiled, "deployed");
  const real = touched.map(({ target, deployed }) => ({
    target,
    before: deployed,
    code: compile(target, { viaIr: true, changed }),
  }));
  if (real.some(({ code }) => code === undefined)) return { verdict: "invalid" };
  if (real.every(({ before, code }) => before.created === code.created)) return { verdict: "same" };
  for (const { target, code } of real) tree.deploy(target.name, code);
  const fully = await tree.test({ leaveOut: neverAsked, limitMs: baseline.limitMs, untilFirst: true });
  if (!fully.passed) return killed(fully);

  if (!file.includes("/libraries/")) return { verdict: "survived" };
  return testLibrary(changed);
}

/** Tests of a library by itself have it compiled into them, which forge has to do. */
async function testLibrary({ path, content }) {
  const only = "test/{Codecs,Layouts,WireVectors}.t.sol";
  const second = makeTree(join(work, "libraries"), root);
  second.write(path, content);
  if (second.build({ only }) !== undefined) return { verdict: "invalid" };
  const alone = await second.test({ leaveOut: neverAsked, only, limitMs: 600_000, untilFirst: true });
  return alone.passed ? { verdict: "survived" } : killed(alone);
}

function killed({ timedOut, failed }) {
  return { verdict: "killed", by: timedOut ? "time" : failed[0] };
}

/** What is known of mutants, the latest of each. */
function known() {
  if (!existsSync(resultsFile)) return new Map();
  const lines = readFileSync(resultsFile, "utf8").trim().split("\n").filter(Boolean);
  return new Map(lines.map((line) => JSON.parse(line)).map((it) => [it.key, it]));
}

function sourcesUnder(folder) {
  return readdirSync(join(tree.folder, "contracts", folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".sol"))
    .sort()
    .map((name) => join("contracts", folder, name));
}

function hashOf(...parts) {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex").slice(0, 24);
}
