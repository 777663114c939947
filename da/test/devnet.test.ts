import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { devnetCachePath } from "../devnet/cachePath.mjs";
import { createCelestiaClient } from "../src/celestiaClient.js";
import { devnetBinary } from "../src/devnetBinary.js";
import { startDevnet } from "./startDevnet.js";

describe("the devnet", () => {
  it("comes up on free ports, asks for a token, and stops on SIGTERM", async () => {
    const devnet = await startDevnet("--block-time", "250ms");
    const client = createCelestiaClient({ url: devnet.rpc, token: devnet.tokens.read });
    expect(await client.ready()).toBe(true);
    expect(await client.localHead()).toMatchObject({ chainId: "private" });
    await expect(createCelestiaClient({ url: devnet.rpc }).ready()).rejects.toMatchObject({ code: "DA_UNAUTHORIZED" });
    expect(await devnet.stop()).toBe(0);
    await expect(client.ready()).rejects.toMatchObject({ code: "DA_UNREACHABLE" });
  });

  it("goes with the process that started it, and takes its folder along", async () => {
    const folder = mkdtempSync(join(tmpdir(), "herald-da-test-"));
    const file = join(folder, "ready.json");
    // A stand-in for a world that is killed: it starts the devnet and does nothing more.
    const script =
      'const { spawn } = require("node:child_process");' +
      'spawn(process.argv[1], ["--parent-pid", String(process.pid), "--ready-file", process.argv[2]], { stdio: "ignore" });' +
      "setInterval(() => undefined, 1000);";
    const world = spawn(process.execPath, ["-e", script, devnetBinary(), file], {
      stdio: "ignore",
      env: { ...process.env, TMPDIR: folder },
    });
    try {
      for (const until = Date.now() + 60_000; !existsSync(file) && Date.now() < until; ) await sleep(25);
      const { pid } = JSON.parse(readFileSync(file, "utf8"));
      expect(isAlive(pid)).toBe(true);
      expect(readdirSync(folder).filter((name) => name.startsWith("celestia-devnet-"))).toHaveLength(1);
      world.kill("SIGKILL");
      await once(world, "exit");
      for (const until = Date.now() + 60_000; isAlive(pid) && Date.now() < until; ) await sleep(50);
      expect(isAlive(pid)).toBe(false);
      expect(readdirSync(folder)).toEqual(["ready.json"]);
    } finally {
      world.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("refuses flags that make no sense", async () => {
    for (const flags of [
      ["--mode", "moon"],
      ["--mode", "bridge"],
      ["--jwt-secret", "ff"],
      ["--accounts", "0"],
      ["extra"],
    ]) {
      const child = spawn(devnetBinary(), flags, { stdio: "ignore" });
      expect((await once(child, "exit"))[0]).toBe(2);
    }
  });
});

describe("where its program is", () => {
  it("named by the environment or by the hash of its sources", () => {
    expect(devnetCachePath({ HERALD_CACHE: "/c" })).toMatch(/^\/c\/bin\/celestia-devnet-[0-9a-f]{16}$/);
    expect(devnetCachePath({ XDG_CACHE_HOME: "/x" })).toMatch(/^\/x\/herald\/bin\/celestia-devnet-[0-9a-f]{16}$/);
    expect(devnetBinary({ HERALD_CELESTIA_DEVNET: process.execPath })).toBe(process.execPath);
    expect(() => devnetBinary({ HERALD_CACHE: "/nowhere" })).toThrow(
      expect.objectContaining({ code: "DA_DEVNET_MISSING" }),
    );
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
