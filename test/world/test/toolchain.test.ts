import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { devnetCachePath } from "../../../da/devnet/cachePath.mjs";
import { processesWith, until } from "./alive.js";

// The setup's own program, with stand-ins for the tools it calls: what is tested is what it asks of them and what it makes of their answers.
const setup = fileURLToPath(new URL("../../setup/", import.meta.url));
const realCache = process.env.HERALD_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "herald");
let folder: string;
let cache: string;
let tools: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "herald-setup-test-"));
  cache = join(folder, "cache");
  tools = join(folder, "tools");
  mkdirSync(tools);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function tool(name: string, script: string) {
  writeFileSync(join(tools, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** Runs a program with the stand-ins before, or instead of, the machine's own tools. */
function start(args: readonly string[], path = `${tools}:${process.env.PATH}`, more: Record<string, string> = {}) {
  const { HERALD_TEMPORAL: _, HERALD_CELESTIA_DEVNET: __, ...environment } = process.env;
  const env = { ...environment, PATH: path, HERALD_CACHE: cache, ...more };
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let complaints = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  const ended = once(child, "close").then(([code]) => ({ code, output, complaints }));
  return { child, ended, progress: () => complaints };
}

const toolchain = join(setup, "toolchain.mjs");
const asLibrary = ["--input-type=module", "-e"];
const printEnvironment = `
  import { ensureToolchain } from ${JSON.stringify(toolchain)};
  console.log(JSON.stringify(await ensureToolchain({ quiet: true })));`;
/** A stand-in for Go that builds what it is asked to after a moment, and notes that it was asked. */
const buildingGo = () => `case "$1" in
  env) echo go1.26.8 ;;
  install) echo "$@" >> ${folder}/asked; sleep 0.5; echo temporal > "$GOBIN/temporal" ;;
  build) echo "$@" >> ${folder}/asked; sleep 0.5; echo devnet > "$6" ;;
esac`;

describe("a machine that lacks something", () => {
  it("is told everything at once in one sentence, and nothing is started", async () => {
    const { code, output, complaints } = await start([toolchain], tools).ended;
    expect({ code, output }).toEqual({ code: 78, output: "" });
    expect(complaints.trimEnd().split("\n")).toHaveLength(1);
    expect(complaints).toMatch(
      /Go 1\.26\.2 or later \(`go` is not on PATH\).*Python 3 with pip \(`python3` is not on PATH\)/,
    );
    expect(existsSync(cache)).toBe(false);
  });

  it("is told what it has instead", async () => {
    tool("go", "echo go1.26.1");
    tool("python3", '[ "$1" = --version ]');
    const { code, complaints } = await start([toolchain], tools).ended;
    expect(code).toBe(78);
    expect(complaints).toMatch(/Go 1\.26\.2 or later \(`go` is go1\.26\.1\).*pip \(`python3 -m pip` fails\)/);
  });

  it("is told of a program that is named but not there", async () => {
    const missing = { HERALD_TEMPORAL: "/nonexistent/temporal" };
    const { code, complaints } = await start([toolchain], tools, missing).ended;
    expect(code).toBe(78);
    expect(complaints).toContain("HERALD_TEMPORAL names (/nonexistent/temporal does not exist)");
  });
});

describe("building", () => {
  beforeEach(() => {
    mkdirSync(cache);
    symlinkSync(join(realCache, "models"), join(cache, "models"));
    tool("npm", "exit 0");
  });

  it("happens once when two setups run at the same time, and leaves whole programs only", async () => {
    tool("go", buildingGo());
    const runs = [start([...asLibrary, printEnvironment]), start([...asLibrary, printEnvironment])];
    const results = await Promise.all(runs.map(({ ended }) => ended));
    expect(results.map(({ code, complaints }) => ({ code, complaints: code === 0 ? "" : complaints }))).toEqual([
      { code: 0, complaints: "" },
      { code: 0, complaints: "" },
    ]);
    const environment = {
      HERALD_CACHE: cache,
      HERALD_TEMPORAL: join(cache, "bin", "temporal-1.5.1"),
      HERALD_CELESTIA_DEVNET: devnetCachePath({ HERALD_CACHE: cache }),
    };
    for (const { output } of results) expect(JSON.parse(output)).toEqual(environment);
    const asked = readFileSync(join(folder, "asked"), "utf8").trim().split("\n").sort();
    expect(asked).toHaveLength(2);
    expect(asked[1]).toContain("github.com/temporalio/cli/cmd/temporal@v1.5.1");
    expect(readFileSync(environment.HERALD_TEMPORAL, "utf8")).toBe("temporal\n");
    expect(readFileSync(environment.HERALD_CELESTIA_DEVNET, "utf8")).toBe("devnet\n");
    expect(readdirSync(join(cache, "bin"))).toHaveLength(2);
    expect(readdirSync(join(cache, "locks"))).toEqual([]);
  });

  it("is left out for Temporal where a fitting one is on PATH", async () => {
    tool("go", buildingGo());
    tool("temporal", "echo 'temporal version 1.6.0 (Server 1.30.0, UI 2.43.0)'");
    const { output } = await start([...asLibrary, printEnvironment]).ended;
    expect(JSON.parse(output)).toMatchObject({ HERALD_TEMPORAL: join(tools, "temporal") });
    expect(readFileSync(join(folder, "asked"), "utf8")).not.toContain("temporal");
    rmSync(join(cache, "bin"), { recursive: true });
    tool("temporal", "echo 'temporal version 1.1.0 (Server 1.25.0, UI 2.30.0)'");
    expect(JSON.parse((await start([...asLibrary, printEnvironment]).ended).output)).toMatchObject({
      HERALD_TEMPORAL: join(cache, "bin", "temporal-1.5.1"),
    });
  });

  it("shows which step failed and the end of what it printed, and ends the others", async () => {
    const mark = `setup-${randomUUID()}`;
    tool(
      "go",
      'case "$1" in env) echo go1.26.8 ;; install) echo no space left on device; exit 4 ;; *) sleep 1000 ;; esac',
    );
    const { code, complaints } = await start([toolchain], undefined, { MARK: mark }).ended;
    expect(code).toBe(1);
    expect(complaints).toMatch(/temporal failed: `go install .* ended with code 4\.\n {2}no space left on device\n/);
    expect(complaints).toContain(join(cache, "logs", "temporal.log"));
    expect(processesWith(mark)).toEqual([]);
    expect(readdirSync(join(cache, "bin"))).toEqual([]);
  });

  it("starts nothing more once a step has failed", async () => {
    tool("go", 'case "$1" in env) echo go1.26.8 ;; install) exit 4 ;; *) sleep 1000 ;; esac');
    // Succeeds while the others are being ended: only then might the step after it start.
    tool("npm", 'trap "" TERM; sleep 1');
    expect(await start([toolchain]).ended).toMatchObject({ code: 1 });
    const logs = readdirSync(join(cache, "logs"));
    expect(logs).toContain("typescript.log");
    expect(logs).not.toContain("weights.log");
  });

  it.each([
    ["ends", ""],
    ["refuses to end", 'trap "" TERM;'],
  ])("ends with everything it started on Ctrl-C, also what %s when asked", async (_how, trap) => {
    const mark = `setup-${randomUUID()}`;
    tool("go", `${trap} case "$1" in env) echo go1.26.8 ;; *) sleep 1000; sleep 1000 ;; esac`);
    tool("npm", "sleep 1000");
    const { child, ended, progress } = start([toolchain], undefined, { MARK: mark });
    for (const step of ["temporal", "celestia", "typescript"]) {
      await until(() => progress().includes(step));
      expect(progress()).toMatch(new RegExp(`${step} +started: `));
    }
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ code: 130 });
    expect(processesWith(mark)).toEqual([]);
    expect(readdirSync(join(cache, "bin"))).toEqual([]);
  });

  it("goes on after a setup that was killed", async () => {
    const dead = spawn(process.execPath, ["-e", ""]);
    await once(dead, "exit");
    mkdirSync(join(cache, "locks"));
    for (const name of ["temporal", "celestia"])
      writeFileSync(join(cache, "locks", `${name}.lock`), `${dead.pid} 12345`);
    tool("go", buildingGo());
    expect(await start([toolchain]).ended).toMatchObject({ code: 0 });
  });
});
