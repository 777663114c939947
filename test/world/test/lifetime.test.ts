import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "@herald/wire/log";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startAnvil } from "../src/chain/anvil.js";
import { diedError } from "../src/processes/diedError.js";
import { type ChildExit, createProcessGroup } from "../src/processes/processGroup.js";
import type { World } from "../src/startWorld.js";
import { isFree, takePorts } from "../src/takePorts.js";
import { readWorldInfo } from "../src/worldInfo.js";
import { isAlive, orphansWith, processesWith, until } from "./alive.js";
import { openTestWorld, worldFolder } from "./openTestWorld.js";

const built = new URL("../dist/startWorld.js", import.meta.url).href;
let folder: ReturnType<typeof worldFolder>;

beforeEach(() => {
  folder = worldFolder();
});
afterEach(() => {
  vi.unstubAllEnvs();
  folder.remove();
});

const pidsOf = ({ info }: World) => Object.values(info.processes);
/** A world's processes carry its folder in their command lines or environments. */
const leftovers = () => processesWith(folder.path);

function portsOf({ info }: World): number[] {
  const urls = Object.values(info.chains).flatMap(({ nodeUrl, providers }) => [
    nodeUrl,
    ...providers.flatMap(({ url, controlUrl }) => [url, controlUrl]),
  ]);
  return [...urls, info.temporal.uiUrl, info.celestia.url].map((url) => Number(new URL(url).port));
}

/** A process that holds a world and says when it is up. Its temporary folder is `tmp`. */
function startHolder(tmp: string) {
  const script = `
    import { startWorld } from ${JSON.stringify(built)};
    const log = { error() {}, warn() {}, info() {}, debug() {}, child: () => log };
    const stop = new AbortController();
    const started = startWorld({ folder: ${JSON.stringify(folder.path)}, log, signal: stop.signal, onProgress: ({ part, state }) => {
      console.log(part, state);
    }});
    process.on("SIGTERM", () => { stop.abort(); started.then((world) => world.stop(), () => undefined); });
    await started.then(() => console.log("up"), (error) => console.log(error.code));`;
  return spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, TMPDIR: tmp },
  });
}

describe("stopping a world", () => {
  it("leaves no process, no open port and no lock; a new world can use the folder", async () => {
    const first = await openTestWorld(folder.path);
    const { pid } = first.info;
    expect(pid).toBe(process.pid);
    expect(pidsOf(first).every(isAlive)).toBe(true);
    await Promise.all([first.stop(), first.stop()]);
    expect(pidsOf(first).filter(isAlive)).toEqual([]);
    expect(leftovers()).toEqual([]);
    for (const port of portsOf(first)) expect({ port, free: await isFree(port) }).toEqual({ port, free: true });
    const second = await openTestWorld(folder.path);
    expect(second.info.validators[0]?.address).not.toBe(first.info.validators[0]?.address);
    await second.stop();
  });

  it("leaves no file outside its folder", async () => {
    const tmp = mkdtempSync(join(tmpdir(), "herald-world-tmp-"));
    const holder = startHolder(tmp);
    let output = "";
    holder.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    await until(() => /^up$/m.test(output));
    holder.kill("SIGTERM");
    expect(await once(holder, "exit")).toEqual([0, null]);
    expect(leftovers()).toEqual([]);
    expect(readdirSync(tmp)).toEqual([]);
    expect(readdirSync(folder.path)).not.toContain("tmp");
    rmSync(tmp, { recursive: true });
  });

  it("is done by SIGKILL as well, at whatever moment it comes", async () => {
    const moments = ["temporal starting", "ritual ready", "contracts ready", "up"];
    for (const moment of moments) {
      const holder = startHolder(folder.path);
      let output = "";
      holder.stdout.on("data", (chunk: Buffer) => {
        output += chunk.toString();
      });
      await until(() => output.includes(moment));
      expect(output).toContain(moment);
      holder.kill("SIGKILL");
      await once(holder, "exit");
      expect({ moment, orphans: await orphansWith(folder.path) }).toEqual({ moment, orphans: [] });
    }
    const again = await openTestWorld(folder.path);
    await again.stop();
  }, 300_000);

  it("happens at once while it starts, when the caller says so", async () => {
    const stop = new AbortController();
    const starting = openTestWorld(folder.path, {
      signal: stop.signal,
      onProgress: ({ part, state }) => {
        if (part === "ritual" && state === "ready") stop.abort();
      },
    });
    await expect(starting).rejects.toMatchObject({ code: "SETUP_INTERRUPTED" });
    expect(leftovers()).toEqual([]);
    await expect(openTestWorld(folder.path, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "SETUP_INTERRUPTED",
    });
    // Whatever started late would outlive a whole world in the same folder.
    await (await openTestWorld(folder.path)).stop();
    expect(leftovers()).toEqual([]);
  });
});

describe("two worlds", () => {
  it("live side by side, and one ends without the other", async () => {
    const other = worldFolder();
    const [first, second] = await Promise.all([openTestWorld(folder.path), openTestWorld(other.path)]);
    try {
      const ports = [...portsOf(first), ...portsOf(second)];
      // All proxies of a world share its control port.
      expect(new Set(ports).size).toBe(ports.length - 2 * 7);
      expect(first.info.deployment.hub.resultHub).not.toBe(second.info.deployment.hub.resultHub);
      await first.stop();
      expect(pidsOf(second).every(isAlive)).toBe(true);
      expect((await fetch(second.info.temporal.uiUrl)).status).toBe(200);
    } finally {
      await Promise.all([first.stop(), second.stop()]);
      other.remove();
    }
  });
});

describe("a world that cannot start", () => {
  it("does not take the folder of one that runs", async () => {
    const running = await openTestWorld(folder.path);
    await expect(openTestWorld(folder.path)).rejects.toMatchObject({
      code: "SETUP_FOLDER_IN_USE",
      facts: { folder: folder.path, pid: String(process.pid) },
    });
    expect(readWorldInfo(folder.path)).toEqual(running.info);
    expect(pidsOf(running).every(isAlive)).toBe(true);
    await running.stop();
  });

  it("does not clear a folder that holds someone else's files", async () => {
    const file = join(folder.path, "keys");
    writeFileSync(file, "mine");
    await expect(openTestWorld(folder.path)).rejects.toMatchObject({ code: "SETUP_FOLDER_FOREIGN" });
    expect(readFileSync(file, "utf8")).toBe("mine");
  });

  it("says which program is missing, and leaves nothing running", async () => {
    vi.stubEnv("HERALD_TEMPORAL", "/nonexistent/temporal");
    await expect(openTestWorld(folder.path)).rejects.toMatchObject({
      code: "SETUP_PROGRAM_MISSING",
      facts: { program: "temporal", path: "/nonexistent/temporal" },
    });
    expect(leftovers()).toEqual([]);
    vi.stubEnv("HERALD_CELESTIA_DEVNET", "/nonexistent/celestia");
    vi.stubEnv("HERALD_TEMPORAL", undefined);
    await expect(openTestWorld(folder.path)).rejects.toMatchObject({ code: "DA_DEVNET_MISSING" });
    expect(leftovers()).toEqual([]);
  });

  it("says which program died, with the end of its log, and leaves nothing running", async () => {
    const elsewhere = worldFolder();
    const broken = join(elsewhere.path, "temporal");
    writeFileSync(broken, "#!/bin/sh\necho the disk is full >&2\nexit 9\n", { mode: 0o755 });
    vi.stubEnv("HERALD_TEMPORAL", broken);
    try {
      await expect(openTestWorld(folder.path)).rejects.toMatchObject({
        code: "SETUP_PROCESS_DIED",
        facts: { program: "temporal", code: 9, lastLines: "the disk is full" },
      });
      expect(leftovers()).toEqual([]);
      expect(existsSync(join(folder.path, "world.json"))).toBe(false);
    } finally {
      elsewhere.remove();
    }
  });

  it("says so when a port is taken", async () => {
    const taken = await takePorts(1);
    const [port = 0] = taken.ports;
    const squatter = createServer().listen(port, "127.0.0.1");
    await once(squatter, "listening");
    const processes = createProcessGroup({ folder: folder.path, log: silentLog });
    const death = new Promise<ChildExit>((resolve) => processes.onExit(resolve));
    const given = new AbortController();
    const options = { name: "base", chainId: 31102, port, signal: given.signal };
    const starting = expect(startAnvil(processes, options)).rejects.toThrow();
    expect(diedError(await death)).toMatchObject({ code: "SETUP_PORT_TAKEN", facts: { program: "anvil-base" } });
    given.abort();
    await starting;
    await processes.stopAll();
    squatter.close();
    await taken.release();
  });

  it("finds no world where there is none", () => {
    expect(() => readWorldInfo(folder.path)).toThrow(expect.objectContaining({ code: "SETUP_NO_WORLD" }));
  });
});
