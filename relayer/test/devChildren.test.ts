import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type DevChildren, devChildren } from "../src/cli/devChildren.js";

// The processes are scripted: what counts is when which of them is started, and what is said of their ends.
interface Exit {
  readonly name: string;
  readonly code: number | null;
  readonly signal: string | null;
  readonly logFile: string;
  readonly tail: string;
  readonly expected: boolean;
}
interface Started {
  readonly name: string;
  readonly at: number;
  end(how: { readonly code?: number; readonly signal?: string }): void;
}

let folder: string;
let started: Started[];
let reported: Exit[];
let said: string[];
let announced: { readonly url: string; readonly pids: Readonly<Record<string, number>> }[];
let ready: boolean;
let server: Server;
let url: string;
let stop: AbortController;
let children: DevChildren;
let spawnFails: boolean;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "herald-children-"));
  [started, reported, said, announced] = [[], [], [], []];
  ready = true;
  spawnFails = false;
  stop = new AbortController();
  server = createServer((_request, response) => response.writeHead(ready ? 200 : 503).end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // CAST: a TCP server's address is an object.
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const portFile = join(folder, "relayer.port");
  children = devChildren<Exit>({
    group: {
      async spawn(name) {
        if (spawnFails) throw new Error("no more processes");
        let settle: (exit: Exit) => void = () => undefined;
        const exited = new Promise<Exit>((resolve) => {
          settle = resolve;
        });
        const fixed = { name, logFile: `${name}.log`, tail: "", expected: false };
        started.push({
          name,
          at: Date.now(),
          end: ({ code = null, signal = null }) => settle({ ...fixed, code, signal }),
        });
        if (name === "relayer") {
          // What an earlier one left would be a lie.
          expect(existsSync(portFile)).toBe(false);
          writeFileSync(portFile, url);
        }
        return { pid: started.length, exited };
      },
    },
    info: {
      workers: [{ name: "worker-1", url, config: "w1" }],
      validators: [{ name: "validator-1", config: "v1" }],
      files: { relayer: "r", relayerPort: portFile },
    },
    say: (line) => said.push(line),
    reportExit: (exit) => reported.push(exit),
    onReady: (at, pids) => announced.push({ url: at, pids }),
    signal: stop.signal,
  });
});
afterEach(async () => {
  stop.abort();
  children.release();
  for (const it of started) it.end({ code: 0 });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 60_000; !condition(); await delay(5)) {
    if (Date.now() > end) throw new Error(`this never came true: ${condition}`);
  }
}
const relayers = () => started.filter((it) => it.name === "relayer");
const child = (name: string) => started.findLast((it) => it.name === name);

describe("the children of herald dev", () => {
  test("are all started, and announced once they answer", async () => {
    ready = false;
    const starting = children.start();
    await until(() => started.length === 3);
    await delay(150);
    expect(announced).toEqual([]);
    ready = true;
    expect(await starting).toBe(url);
    expect(started.map((it) => it.name).sort()).toEqual(["relayer", "validator-1", "worker-1"]);
    expect(Object.keys(announced[0]?.pids ?? {}).sort()).toEqual(["relayer", "validator-1", "worker-1"]);
  });

  test("a relayer that was killed comes back and is announced with its new process", async () => {
    await children.start();
    child("relayer")?.end({ signal: "SIGKILL" });
    await until(() => announced.length === 2);
    expect(relayers()).toHaveLength(2);
    expect(announced[1]?.pids.relayer).not.toBe(announced[0]?.pids.relayer);
    expect(announced[1]?.pids["worker-1"]).toBe(announced[0]?.pids["worker-1"]);
    expect(reported.map((it) => it.signal)).toEqual(["SIGKILL"]);
  });

  test("a worker or validator that ends is told and stays away", async () => {
    await children.start();
    child("worker-1")?.end({ code: 1 });
    child("validator-1")?.end({ signal: "SIGKILL" });
    await until(() => reported.length === 2);
    await delay(300);
    expect(started).toHaveLength(3);
  });

  test("a relayer that keeps ending is started again after longer and longer pauses", async () => {
    await children.start();
    for (let count = 1; count <= 4; count++) {
      await until(() => relayers().length === count);
      child("relayer")?.end({ code: 70 });
      await until(() => said.length === count);
    }
    expect(said).toEqual([0.2, 0.4, 0.8, 1.6].map((wait) => `The relayer is started again in ${wait} s.`));
    const starts = relayers().map((it) => it.at);
    for (const [i, least] of [200, 400, 800].entries()) {
      expect((starts[i + 1] ?? 0) - (starts[i] ?? 0)).toBeGreaterThanOrEqual(least - 5);
    }
  });

  test("nothing is started again once it is over", async () => {
    await children.start();
    children.release();
    child("relayer")?.end({ signal: "SIGTERM" });
    await delay(400);
    expect(relayers()).toHaveLength(1);
    expect(reported).toEqual([]);
  });

  test("a release during the pause before a restart ends the pause for good", async () => {
    await children.start();
    child("relayer")?.end({ code: 1 });
    await until(() => said.length === 1);
    children.release();
    await delay(400);
    expect(relayers()).toHaveLength(1);
  });

  test.each(["worker-1", "validator-1", "relayer"])("a %s that fails while starting ends the start", async (name) => {
    ready = false;
    const starting = children.start();
    starting.catch(() => undefined);
    await until(() => started.length === 3);
    child(name)?.end({ code: 78 });
    await expect(starting).rejects.toMatchObject({ code: "SETUP_CHILD_FAILED", facts: { name, code: 78 } });
  });

  test("a relayer that is killed while starting is started again", async () => {
    ready = false;
    const starting = children.start();
    await until(() => started.length === 3);
    child("relayer")?.end({ signal: "SIGKILL" });
    await until(() => relayers().length === 2);
    ready = true;
    expect(await starting).toBe(url);
  });

  test("a process that cannot be started ends the start instead of hanging it", async () => {
    spawnFails = true;
    await expect(children.start()).rejects.toThrow("no more processes");
  });

  test("an interrupted start ends at once", async () => {
    ready = false;
    const starting = children.start();
    starting.catch(() => undefined);
    await until(() => started.length === 3);
    stop.abort(new Error("interrupted"));
    await expect(starting).rejects.toThrow("interrupted");
  });
});
