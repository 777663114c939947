import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { idOf } from "./exampleStep.js";

const bin = fileURLToPath(new URL("../bin/herald.mjs", import.meta.url));
const one = `0x${"11".repeat(20)}`;
let folder: string;
let client: string;
/** What a failed test may have left. */
const running = new Set<ChildProcess>();
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "herald-cli-"));
  writeFileSync(join(folder, "key"), `0x${"ab".repeat(32)}\n`, { mode: 0o600 });
  writeFileSync(join(folder, "token"), "token\n", { mode: 0o600 });
  client = write("client.json", {
    ...{ portFile: "p", policyId: 1, signer: { keyFile: "key" } },
    origins: { base: { chainId: 31102, rpc: "http://127.0.0.1:1", gateway: one, dapp: one } },
  });
});
afterAll(() => {
  for (const child of running) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

function launch(...args: readonly string[]) {
  const child = spawn(process.execPath, [bin, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    // Locks of keys lie in the cache; other runs of these tests use the same keys.
    env: { ...process.env, HERALD_CACHE: join(folder, "cache") },
  });
  running.add(child);
  child.once("close", () => running.delete(child));
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    output.stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    output.stderr += chunk.toString();
  });
  const ended = once(child, "close").then(([code]): { code: number; stdout: string; stderr: string } => ({
    code,
    ...output,
  }));
  return { child, output, ended };
}

const herald = (...args: readonly string[]) => launch(...args).ended;

function write(name: string, config: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(config));
  return file;
}

/** Nothing listens on port 1: every chain and service of this relayer is away. */
function relayerConfig(name: string, port = 0, store = name, more: object = {}): string {
  const reading = {
    providers: [
      { name: "a", url: "http://127.0.0.1:1" },
      { name: "b", url: "http://127.0.0.1:1/b" },
    ],
    quorum: 2,
  };
  const signer = { keyFile: "key" };
  return write(`${name}.json`, {
    store: `${store}.sqlite`,
    temporal: { address: "127.0.0.1:1" },
    origins: {
      base: {
        ...{ ...reading, chainId: 31102, domain: 31102, gateway: one, mailbox: one, workerSets: one, startBlock: 0 },
        ...{ finality: { type: "safe" }, policies: [1], signer },
      },
    },
    hub: {
      ...{ ...reading, chainId: 31979, domain: 31979, mailbox: one, merkleTreeHook: one, resultHub: one, signer },
      validators: [{ address: one, storage: "file:///v" }],
    },
    celestia: { url: "http://127.0.0.1:1", tokenFile: "token", namespace: "686572616c6400000001" },
    workers: [{ name: "w", url: "http://127.0.0.1:1", address: one }],
    payee: one,
    api: { port },
    portFile: `${name}.port`,
    ...more,
  });
}

describe("usage", () => {
  test("help names every command, on standard output", async () => {
    const { code, stdout, stderr } = await herald("--help");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const command of ["dev", "start", "worker", "validator", "request", "Exit codes"]) {
      expect(stdout).toContain(command);
    }
    expect((await herald("request", "send", "--help")).stdout).toContain("--deadline-seconds");
    expect((await herald("help", "request", "send")).stdout).toContain("--deadline-seconds");
    expect((await herald("--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await herald("config", "client")).stdout).toContain("origins.<name>.gateway\n    an address");
  });

  test("mistakes exit with 64 and leave standard output alone", async () => {
    const send = (...more: string[]) => herald("request", "send", "--config", client, "--input", "x", ...more);
    const [unknown, missing, model, chain, fee, id, empty] = await Promise.all([
      herald("frobnicate"),
      herald("start"),
      send("--chain", "base", "--model", "gpt"),
      send("--chain", "solana", "--model", "language-detection"),
      send("--chain", "base", "--model", "language-detection", "--worker-fee", "1e3"),
      herald("request", "show", "0x12", "--config", client),
      send("--chain", "base", "--model", "language-detection", "--input", ""),
    ]);
    for (const it of [unknown, missing, model, chain, fee, id, empty])
      expect(it).toMatchObject({ code: 64, stdout: "" });
    expect(missing.stderr).toContain("--config");
    expect(missing.stderr).toContain("herald dev --dir");
    expect(id.stderr).toContain("<id>");
    expect(empty.stderr).toContain("REQUEST_EMPTY_INPUT");
    expect(model.stderr).toContain("smollm2-135m-instruct, language-detection");
    expect(chain.stderr).toContain("REQUEST_UNKNOWN_CHAIN");
    expect(fee.stderr).toContain("REQUEST_INVALID_FEE");
    for (const it of [model, chain, fee, id]) expect(it.stderr).not.toContain("    at ");
  });

  test("chains that are away are a reason to try again, for a question too", async () => {
    const model = ["--model", "language-detection", "--input", "x"];
    const [sent, shown] = await Promise.all([
      herald("request", "send", "--config", client, "--chain", "base", ...model),
      herald("request", "show", idOf(1), "--config", client),
    ]);
    expect(sent.stderr).toContain("REQUEST_CHAIN_UNREACHABLE");
    expect(sent.code).toBe(75);
    expect(shown.stderr).toContain("The relayer does not run.");
    expect(shown.stderr).toMatch(/REQUEST_CHAIN_UNREACHABLE[\s\S]* chain base +http:\/\/127\.0\.0\.1:1/);
    expect(shown.code).toBe(75);
  });

  test("the intake of a transaction passes on what the relayer says of it", async () => {
    const asked: string[] = [];
    const relayer = createHttpServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      const refused = request.url?.includes("nowhere") === true;
      response
        .writeHead(refused ? 400 : 200)
        .end(JSON.stringify(refused ? { error: "No chain nowhere." } : [{ requestId: idOf(1), result: "known" }]));
    });
    relayer.listen(0, "127.0.0.1");
    await once(relayer, "listening");
    const address = relayer.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const config = write("intake.json", {
      ...{ relayerApi: `http://127.0.0.1:${port}`, policyId: 1, signer: { keyFile: "key" } },
      origins: { base: { chainId: 31102, rpc: "http://127.0.0.1:1", gateway: one, dapp: one } },
    });
    const [known, refused, away] = await Promise.all([
      herald("request", "intake", idOf(2), "--chain", "base", "--config", config),
      herald("request", "intake", idOf(2), "--chain", "nowhere", "--config", config),
      herald("request", "intake", idOf(2), "--chain", "base", "--config", client),
    ]);
    relayer.close();
    expect(known).toMatchObject({ code: 0, stdout: `request ${idOf(1)} was known already\n` });
    expect(asked).toContain(`POST /intake/base/${idOf(2)}`);
    expect(refused.code).toBe(64);
    expect(refused.stderr).toContain("No chain nowhere.");
    expect(away.code).toBe(75);
    expect(away.stderr).toContain("RELAYER_UNREACHABLE");
  });
});

describe("configuration", () => {
  test("problems are all named, exit with 78, and nothing is started", async () => {
    const file = write("bad.json", { name: "w", port: 70000, models: [], portFile: "bad.port" });
    const { code, stderr, stdout } = await herald("worker", "--config", file);
    expect({ code, stdout }).toEqual({ code: 78, stdout: "" });
    for (const path of ["signer", "payee", "port", "models"]) expect(stderr).toContain(`\n  ${path} `);
    expect(existsSync(join(folder, "bad.port"))).toBe(false);
    expect(await herald("start", "--config", join(folder, "absent.json"))).toMatchObject({ code: 78 });
  });

  test("a problem of the filters keeps a relayer from starting, and leaves nothing behind", async () => {
    write("bad.filters.json", { whitelist: [{ senderAddress: "0x12", originDomain: -1 }] });
    const config = relayerConfig("filtered", 0, "filtered", { filters: "bad.filters.json" });
    const { code, stdout, stderr } = await herald("start", "--config", config);
    expect({ code, stdout }).toEqual({ code: 78, stdout: "" });
    for (const path of ["senderAddress", "originDomain"]) expect(stderr).toContain(`\n  whitelist.0.${path} `);
    expect(readdirSync(folder).filter((it) => it.startsWith("filtered"))).toEqual(["filtered.json"]);
  });

  test("a port that is taken is one sentence and what to do", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const { code, stderr } = await herald("start", "--config", relayerConfig("taken", port), "--log-level", "error");
    other.close();
    expect(stderr).toContain("API_PORT_TAKEN  The API cannot listen.");
    expect(stderr).toContain("Fix: Free the port");
    expect(code).toBe(78);
    expect(readdirSync(folder).filter((it) => it.startsWith("taken"))).toEqual(["taken.json"]);
  });
});

describe("a relayer whose world is away", () => {
  test("starts, says what is missing, keeps others off its store, and stops in order", async () => {
    const config = relayerConfig("away");
    const { child, output, ended } = launch("start", "--config", config);
    const portFile = join(folder, "away.port");
    for (const give = Date.now() + 60_000; !existsSync(portFile) && Date.now() < give; ) await delay(50);
    const api = readFileSync(portFile, "utf8").trim();
    expect((await fetch(`${api}/healthz`)).status).toBe(200);
    for (const part of [
      "TEMPORAL_UNREACHABLE",
      "celestia",
      "chain base",
      "hub ritual",
      "0 of 2 answered",
      "worker w",
    ]) {
      let problems = "";
      for (const give = Date.now() + 60_000; !problems.includes(part) && Date.now() < give; await delay(100)) {
        const response = await fetch(`${api}/readyz`);
        expect(response.status).toBe(503);
        problems = await response.text();
      }
      expect(problems).toContain(part);
    }
    const second = await herald("start", "--config", config, "--log-level", "error");
    expect(second).toMatchObject({ code: 75 });
    expect(second.stderr).toContain("STORE_LOCKED");
    const twin = await herald("start", "--config", relayerConfig("twin"), "--log-level", "error");
    expect(twin).toMatchObject({ code: 75 });
    expect(twin.stderr).toContain("SIGNER_IN_USE");
    const nowhere = await herald("start", "--config", relayerConfig("nowhere", 0, "no/such"), "--log-level", "error");
    expect(nowhere).toMatchObject({ code: 78 });
    expect(nowhere.stderr).toContain("STORE_FOLDER_MISSING");
    child.kill("SIGTERM");
    expect(await ended).toMatchObject({ code: 0 });
    expect(output.stdout).toBe(`relayer API ${api}\n`);
    expect(output.stderr).not.toContain("abab");
  });

  test("takes changed filters without a restart, and shows what is wrong with them", async () => {
    write("filters.json", { blacklist: [{ senderAddress: one }] });
    const config = relayerConfig("route", 0, "route", { filters: "filters.json" });
    const { child, output, ended } = launch("start", "--config", config);
    const portFile = join(folder, "route.port");
    const eventually = { timeout: 60_000, interval: 100 };
    await expect.poll(() => existsSync(portFile), eventually).toBe(true);
    const api = readFileSync(portFile, "utf8").trim();
    const status = async (): Promise<string> => await (await fetch(`${api}/status`)).text();
    await expect.poll(() => output.stderr.includes("These filters are in force."), eventually).toBe(true);
    write("filters.json", { blacklist: [{ senderAddress: "0x12" }] });
    await expect.poll(status, eventually).toMatch(/filters: CONFIG_INVALID: .*blacklist\.0\.senderAddress expected an/);
    write("filters.json", { whitelist: [{ senderAddress: one }, {}] });
    await expect.poll(status, eventually).not.toContain("filters:");
    await expect.poll(() => output.stderr.includes('"whitelist":2,"blacklist":"none"'), eventually).toBe(true);
    child.kill("SIGTERM");
    expect(await ended).toMatchObject({ code: 0 });
  });
});
