import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { waitFor } from "./support/waitFor.js";

const demo = fileURLToPath(new URL("../demo/run.mjs", import.meta.url));
const MARK = "HERALD_TEST_RUN";

/** Pids of every process that was started, however indirectly, with this mark in its environment. */
function marked(mark: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "utf8").includes(`${MARK}=${mark}`);
      } catch {
        return false;
      }
    });
}

/** Resolves once the demo has printed something that matches; goes on reading, since a closed pipe would end the demo its own way. */
function printed(child: ChildProcess, pattern: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (chunk) => {
      text += String(chunk);
      if (pattern.test(text)) resolve();
    });
    child.once("exit", () => reject(new Error(`the demo ended without printing ${pattern}: ${text}`)));
  });
}

test.each([
  ["while the world starts", /Starting the local world/],
  ["once it is up", /It is up after/],
  ["in the middle of a request", /inferred/],
  ["while results are on their way", /dispatched/],
])("Ctrl-C %s ends everything", async (_when, pattern) => {
  const mark = randomUUID();
  // A process group of its own, as a terminal gives it: Ctrl-C reaches every process in it.
  const child = spawn(process.execPath, [demo], {
    detached: true,
    env: { ...process.env, [MARK]: mark },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const exited = once(child, "exit");
  // Only a test that failed has left it; the reapers of the world end the rest.
  onTestFinished(() => void child.kill("SIGKILL"));
  await printed(child, pattern);
  await waitFor("programs of the world to run", () => (marked(mark).length > 3 ? true : undefined));
  process.kill(-(child.pid ?? 0), "SIGINT");
  const [code] = await exited;
  expect(code).toBe(130);
  expect(marked(mark)).toEqual([]);
});
