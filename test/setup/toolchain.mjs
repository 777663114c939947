// Brings a checkout to the point where everything runs: packages, contracts, TypeScript, the two Go servers, model weights. Made of Node's
// own modules alone, because it runs before anything is installed. `node test/setup/toolchain.mjs` does it; so do the demo and the tests.
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { devnetCachePath } from "../../da/devnet/cachePath.mjs";
import { cache, temporalPath } from "./places.mjs";
import { missingPrerequisites, temporalOnPath } from "./prerequisites.mjs";
import { runStep, stopSteps } from "./runStep.mjs";
import { steps } from "./steps.mjs";

/** EX_CONFIG of sysexits.h: the machine lacks something that only its user can install. */
const MISSING_PREREQUISITE = 78;

/**
 * Installs and builds what is missing, all at the same time as far as one does not need the other, and returns the environment in which
 * Herald's programs find it. Progress goes to standard error. If something fails it says what and ends this process: with code 78 where a
 * prerequisite is missing, 1 where a step failed, 130 or 143 where it was interrupted.
 * @param {object} [options]
 * @param {boolean} [options.quiet] keeps steps to itself that take less than two seconds
 * @param {(event: { step: string, state: "started" | "working" | "waiting" | "done", elapsedMs: number, detail?: string }) => void}
 *   [options.onProgress] gets the progress instead of standard error
 * @returns {Promise<{ HERALD_CACHE: string, HERALD_TEMPORAL: string, HERALD_CELESTIA_DEVNET: string }>}
 */
export async function ensureToolchain({ quiet = false, onProgress } = {}) {
  const temporal =
    process.env.HERALD_TEMPORAL ?? (existsSync(temporalPath) ? undefined : temporalOnPath()) ?? temporalPath;
  const devnet = process.env.HERALD_CELESTIA_DEVNET ?? devnetCachePath();
  const buildsTemporal = temporal === temporalPath && !existsSync(temporalPath);
  const buildsDevnet = devnet === devnetCachePath() && !existsSync(devnet);
  const missing = missingPrerequisites({ needsGo: buildsTemporal || buildsDevnet });
  if (missing.length > 0) {
    process.stderr.write(`Herald needs ${missing.join(", and ")}. Install what is missing and run this again.\n`);
    process.exit(MISSING_PREREQUISITE);
  }

  const report = onProgress ?? printer(quiet);
  const run = (name) => runStep(steps[name], report);
  const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
  const listeners = Object.entries(signals).map(([signal, code]) => {
    const listener = () => void stopSteps().then(() => process.exit(code));
    process.on(signal, listener);
    return [signal, listener];
  });
  try {
    await Promise.all([
      buildsTemporal && run("temporal"),
      buildsDevnet && run("celestia"),
      run("packages").then(() =>
        Promise.all([run("sqlite"), run("contracts"), run("typescript").then(() => run("weights"))]),
      ),
    ]);
  } catch (error) {
    await stopSteps();
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  } finally {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  }
  return { HERALD_CACHE: cache, HERALD_TEMPORAL: temporal, HERALD_CELESTIA_DEVNET: devnet };
}

/** One line per event. A quiet printer holds the first line of a step back for two seconds, and with it those of quick steps. */
function printer(quiet) {
  const held = new Map();
  const line = (step, text) => process.stderr.write(`setup  ${step.padEnd(10)}  ${text}\n`);
  return ({ step, state, elapsedMs, detail }) => {
    const elapsed = duration(elapsedMs);
    if (state === "started" && quiet) {
      held.set(
        step,
        setTimeout(() => {
          held.delete(step);
          line(step, `started: ${detail}`);
        }, 2_000),
      );
    } else if (state === "started") line(step, `started: ${detail}`);
    else if (state === "waiting") line(step, `waiting: ${detail}`);
    else if (state === "working") line(step, `still working, ${elapsed}`);
    else if (held.has(step)) {
      clearTimeout(held.get(step));
      held.delete(step);
    } else line(step, `done in ${elapsed}`);
  };
}

function duration(ms) {
  const seconds = Math.round(ms / 1_000);
  return seconds < 60
    ? `${(ms / 1_000).toFixed(seconds < 10 ? 1 : 0)} s`
    : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const began = Date.now();
  await ensureToolchain();
  process.stderr.write(`setup  everything is there (${duration(Date.now() - began)})\n`);
}
