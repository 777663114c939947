import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { silentLog } from "@herald/wire/log";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { diedError } from "../src/processes/diedError.js";
import { type ChildExit, createProcessGroup, type ProcessGroup } from "../src/processes/processGroup.js";
import { isAlive, orphansWith, parentOf, processesWith, until } from "./alive.js";

let folder: string;
let group: ProcessGroup;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "herald-world-test-"));
  group = createProcessGroup({ folder, log: silentLog, graceMs: 1_000 });
});
afterEach(async () => {
  await group.stopAll();
  rmSync(folder, { recursive: true, force: true });
});

const shell = (name: string, script: string) => group.spawn(name, "/bin/sh", ["-c", script]);

describe("a process group", () => {
  it("stops what was started last first, and leaves nothing", async () => {
    const first = await shell("first", "sleep 1000");
    const second = await shell("second", "sleep 1000");
    const order: string[] = [];
    for (const child of [first, second]) void child.exited.then(({ name }) => order.push(name));
    await group.stopAll();
    expect(order).toEqual(["second", "first"]);
    expect([first, second].filter(({ pid }) => isAlive(pid))).toEqual([]);
    expect(group.children).toEqual([]);
  });

  it("kills what ignores SIGTERM once the grace is over", async () => {
    const deaf = await shell("deaf", "trap '' TERM; echo ready; while :; do sleep 0.1; done");
    await until(() => readFileSync(deaf.logFile, "utf8").includes("ready"));
    const { signal, expected } = await deaf.stop();
    expect({ signal, expected }).toEqual({ signal: "SIGKILL", expected: true });
  });

  it("ends a program's own children with it, also when the program dies by itself", async () => {
    const parent = await shell("parent", "sleep 1000 & echo $!; sleep 0.1; exit 3");
    const { code } = await parent.exited;
    const grandchild = Number(readFileSync(parent.logFile, "utf8"));
    expect(code).toBe(3);
    await until(() => !isAlive(grandchild));
    expect(isAlive(grandchild)).toBe(false);
  });

  it("tells of a death that nobody asked for: which, how, and the end of its log", async () => {
    const deaths: ChildExit[] = [];
    group.onExit((exit) => deaths.push(exit));
    const asked = await shell("asked", "sleep 1000");
    await asked.stop();
    await (await shell("crashing", "echo one; echo two >&2; exit 7")).exited;
    await until(() => deaths.length > 0);
    expect(deaths).toMatchObject([{ name: "crashing", code: 7, signal: null, tail: "one\ntwo", expected: false }]);
    const [death] = deaths;
    if (!death) throw new Error("no death");
    expect(diedError(death)).toMatchObject({
      code: "SETUP_PROCESS_DIED",
      facts: { program: "crashing", code: 7, lastLines: "one\ntwo" },
    });
  });

  it("says so when a program does not exist", async () => {
    const { code, tail } = await (await group.spawn("missing", "/nonexistent/program", [])).exited;
    expect(code).toBe(127);
    expect(tail).toContain("/nonexistent/program");
  });

  it("gives a program its arguments and environment unchanged, and nothing on standard input", async () => {
    const args = ["two words", "$HOME", "'", '"', "*", ""];
    const script = `process.stdout.write(JSON.stringify([process.argv.slice(1), process.env.EXTRA, require("fs").readFileSync(0, "utf8")]))`;
    const child = await group.spawn("arguments", process.execPath, ["-e", script, "--", ...args], { EXTRA: "a b" });
    expect((await child.exited).tail).toBe(JSON.stringify([args, "a b", ""]));
  });

  it("can be used again after it was stopped", async () => {
    await shell("before", "sleep 1000");
    await group.stopAll();
    const after = await shell("after", "sleep 1000");
    expect(isAlive(after.pid)).toBe(true);
  });

  it("stops a program that is being started while the group is being stopped", async () => {
    await shell("first", "trap '' TERM; while :; do sleep 0.1; done");
    const starting = shell("late", "sleep 1000");
    await group.stopAll();
    const late = await starting;
    await until(() => !isAlive(late.pid));
    expect(isAlive(late.pid)).toBe(false);
  });
});

describe("a parent killed with SIGKILL", () => {
  const built = new URL("../dist/processes/processGroup.js", import.meta.url).href;

  /** Starts a parent that keeps starting children, each marked, some of which ignore SIGTERM or have children of their own. */
  function startParent(mark: string) {
    const script = join(folder, "parent.mjs");
    writeFileSync(
      script,
      `import { createProcessGroup } from ${JSON.stringify(built)};
       const log = { error() {}, warn() {}, info() {}, debug() {}, child: () => log };
       const group = createProcessGroup({ folder: ${JSON.stringify(folder)}, log, graceMs: 500 });
       const scripts = ["sleep 1000", "sleep 1000 & wait", "trap '' TERM; while :; do sleep 0.2; done"];
       for (let i = 0; i < 100; i++) {
         const child = await group.spawn("child-" + i, "/bin/sh", ["-c", scripts[i % 3]], { MARK: "${mark}" });
         console.log(child.pid);
       }`,
    );
    return spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  }

  it("leaves no orphan, at whatever moment", async () => {
    for (const delayMs of [0, 3, 10, 25, 60, 150, 400]) {
      const mark = `orphan-${randomUUID()}`;
      const parent = startParent(mark);
      await once(parent.stdout, "data"); // the first child runs
      await until(() => processesWith(mark).length > 0); // its environment can be read once it has become its program
      expect(processesWith(mark).length).toBeGreaterThan(0);
      await sleep(delayMs);
      parent.kill("SIGKILL");
      await once(parent, "exit");
      expect({ delayMs, orphans: await orphansWith(mark) }).toEqual({ delayMs, orphans: [] });
    }
  }, 120_000);

  it("takes the reaper along", async () => {
    const parent = startParent(`reaper-${randomUUID()}`);
    await once(parent.stdout, "data");
    const reapers = processesWith("reaper.mjs").filter((pid) => parentOf(pid) === parent.pid);
    expect(reapers).toHaveLength(1);
    parent.kill("SIGKILL");
    await until(() => !reapers.some(isAlive));
    expect(reapers.filter(isAlive)).toEqual([]);
  });
});
