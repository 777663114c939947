// `npm test`: every suite, one after the other, because two cores timing each other out would test nothing. Counts tests, not suites;
// names those that did not pass, and ends with the line "N passed, N failed".
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureToolchain } from "./setup/toolchain.mjs";
import { forgeVerdict } from "./verdicts/forgeVerdict.mjs";
import { goVerdict } from "./verdicts/goVerdict.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const verdicts = mkdtempSync(join(tmpdir(), "herald-test-"));
const only = process.argv.slice(2);

/** Each check counts as one test; each suite counts what its runner says: `passed` is a number, `notPassed` names and reasons. */
const steps = [
  { name: "lint and import direction", run: check("npx", ["biome", "check", "--error-on-warnings"]) },
  { name: "generated ABIs", run: check("node", ["contracts/abi.mjs", "--check"]) },
  { name: "storage, interfaces, enums", run: check("node", ["contracts/surface.mjs", "--check"]) },
  { name: "contracts", run: forge },
  { name: "static analysis", run: check("node", ["contracts/analysis/static/analyse.mjs"]) },
  { name: "da/devnet", run: goTest },
  ...["contracts/wire", "contracts/deploy", "chains", "ritual", "da", "workflows", "relayer", "test/world", "test"].map(
    (folder) => ({
      name: folder,
      run: vitest(folder),
    }),
  ),
];

const unknown = only.filter((it) => !steps.some(({ name }) => name === it));
if (unknown.length > 0) {
  const known = steps.map(({ name }) => `  ${name}`).join("\n");
  process.stderr.write(
    `There is no suite ${unknown.join(", ")}. Usage: npm test [-- SUITE ...], where a SUITE is one of\n${known}\n`,
  );
  process.exit(64);
}

const environment = await ensureToolchain({ quiet: true });
const results = [];
for (const { name, run } of steps.filter((step) => only.length === 0 || only.includes(step.name))) {
  process.stdout.write(`\n── ${name}\n`);
  const started = Date.now();
  const { passed, notPassed } = await run(name);
  results.push({ name, passed, notPassed, seconds: Math.round((Date.now() - started) / 1000) });
}
rmSync(verdicts, { recursive: true, force: true });

process.stdout.write("\n");
for (const { name, passed, notPassed, seconds } of results) {
  const counts = `${String(passed).padStart(5)} passed ${String(notPassed.length).padStart(3)} failed`;
  process.stdout.write(`${notPassed.length === 0 ? "ok  " : "FAIL"}  ${name.padEnd(28)} ${counts}  ${seconds} s\n`);
}
// Here as well as where it happened, so that the end of a log says what failed.
for (const { name, notPassed } of results) {
  for (const it of notPassed) process.stdout.write(`\n${name}: ${it}`);
}
const passed = results.reduce((sum, it) => sum + it.passed, 0);
const failed = results.reduce((sum, it) => sum + it.notPassed.length, 0);
process.stdout.write(`${failed > 0 ? "\n\n" : ""}${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

function check(command, args) {
  return async () => {
    const { code } = await exec(command, args);
    return code === 0
      ? { passed: 1, notPassed: [] }
      : { passed: 0, notPassed: [`\`${[command, ...args].join(" ")}\` ended with code ${code}`] };
  };
}

function vitest(folder) {
  return async (name) => {
    const verdict = join(verdicts, `${name.replaceAll("/", "-")}.json`);
    const reporter = fileURLToPath(new URL("verdicts/vitestReporter.mjs", import.meta.url));
    const { code } = await exec("npx", ["vitest", "run", "--reporter=default", `--reporter=${reporter}`], folder, {
      env: { HERALD_VERDICT: verdict },
    });
    return checked(code, () => JSON.parse(readFileSync(verdict, "utf8")));
  };
}

async function forge() {
  const { code, output } = await exec("node", ["forge.mjs", "test"], "contracts", { capture: true });
  return checked(code, () => forgeVerdict(output));
}

async function goTest(name) {
  const { code, output } = await exec("go", ["test", "-v", "./internal/..."], name, { capture: true });
  return checked(code, () => goVerdict(output));
}

/** A runner's verdict, or that there is none; and its failure where it names no test. */
function checked(code, read) {
  try {
    const { passed, notPassed } = read();
    if (code === 0 || notPassed.length > 0) return { passed, notPassed };
    return { passed, notPassed: [`its runner ended with code ${code} and names no test`] };
  } catch (error) {
    return { passed: 0, notPassed: [`its runner ended with code ${code} and no report: ${error.message}`] };
  }
}

function exec(command, args, folder = ".", { capture = false, env = {} } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: join(root, folder),
      env: { ...process.env, ...environment, ...env },
      stdio: ["ignore", capture ? "pipe" : "inherit", "inherit"],
    });
    let output = "";
    child.stdout?.on("data", (chunk) => {
      output += chunk;
      process.stdout.write(chunk);
    });
    child.on("error", () => resolve({ code: 1, output }));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}
