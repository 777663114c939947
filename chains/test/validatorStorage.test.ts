import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Address, Hex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { checkpointHash } from "../src/hyperlane/checkpoint.js";
import { formatCheckpointFile, type SignedCheckpoint } from "../src/hyperlane/checkpointFile.js";
import { createBoundedFetch } from "../src/hyperlane/fetch/boundedFetch.js";
import { isPublicAddress } from "../src/hyperlane/fetch/publicAddress.js";
import { parseStorageLocation, publicObjectStores } from "../src/hyperlane/storage/storageLocation.js";
import { createStorageReader, type StorageReader } from "../src/hyperlane/storage/storageReader.js";
import { type ObjectServer, startObjectServer } from "./support/objectServer.js";
import { newScratch } from "./support/validators.js";

const merkleTreeHook: Address = "0x48e6c30B97748d1e2e03bf3e9FbE3890ca5f8CCA";
const word = (byte: string): Hex => `0x${byte.repeat(32)}`;
let server: ObjectServer;
/** What the server shows, by path. */
let objects: Map<string, { readonly status?: number; readonly text?: string; readonly location?: string }>;
let asked: string[];
let reader: StorageReader;
let signed: SignedCheckpoint;
let scratch: string;

beforeAll(async () => {
  scratch = newScratch();
  server = await startObjectServer((request, response) => {
    const path = request.url ?? "";
    asked.push(path);
    const found = objects.get(path) ?? { status: 404, text: "no such key" };
    response.writeHead(found.status ?? 200, found.location === undefined ? {} : { location: found.location });
    response.end(found.text);
  });
  const stores = { s3: `${server.url}/s3/{region}/{bucket}`, gcs: `${server.url}/gcs/{bucket}` };
  reader = createStorageReader({ stores, reach: "loopback" });
  const account = privateKeyToAccount(generatePrivateKey());
  const checkpoint = { domain: 1, merkleTreeHook, root: word("aa"), index: 7, messageId: word("bb") };
  signed = { checkpoint, signature: await account.signMessage({ message: { raw: checkpointHash(checkpoint) } }) };
});
beforeEach(() => {
  objects = new Map();
  asked = [];
});
afterAll(async () => {
  await server?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

/** A place of each kind, and how to put a file there under the name this kind has for it. */
const places = [
  ["s3", "s3://bucket/eu-west-1/some/folder", "/s3/eu-west-1/bucket/some/folder/", "bucket"],
  ["s3 without a folder", "s3://bucket/eu-west-1", "/s3/eu-west-1/bucket/", "bucket"],
  ["gs", "gs://bucket/folder", "/gcs/bucket/folder/", "bucket"],
  ["https", "SERVER/validator", "/validator/", "folder"],
  ["file", "file://SCRATCH/validator", "", "folder"],
] as const;

describe.each(places)("%s", (kind, template, path, naming) => {
  const location = () => template.replace("SERVER", server.url).replace("SCRATCH", scratch);
  const checkpointName = naming === "bucket" ? "checkpoint_7_with_id.json" : "7_with_id.json";
  const latestName = naming === "bucket" ? "checkpoint_latest_index.json" : "index.json";
  const folder = () => join(scratch, "validator");
  beforeEach(() => {
    rmSync(folder(), { recursive: true, force: true });
    mkdirSync(folder());
  });
  const put = (name: string, text: string) => {
    if (kind === "file") writeFileSync(join(folder(), name), text);
    else objects.set(path + name, { text });
  };

  it("gives what is there under the agents' names", async () => {
    put(checkpointName, formatCheckpointFile(signed));
    put(latestName, "9");
    expect(await reader.checkpoint(location(), 7)).toEqual(signed);
    expect(await reader.latestIndex(location())).toBe(9);
  });

  it("says why there is nothing", async () => {
    expect(await reader.checkpoint(location(), 7)).toMatchObject({
      kind: "behind",
      reason: expect.stringMatching(/nothing so far/),
    });
    put(latestName, "6\n");
    expect(await reader.checkpoint(location(), 7)).toMatchObject({
      kind: "behind",
      reason: expect.stringMatching(/up to leaf 6/),
    });
    put(latestName, "8");
    expect(await reader.checkpoint(location(), 7)).toMatchObject({ kind: "notSigned" });
    put(checkpointName, "{}");
    expect(await reader.checkpoint(location(), 7)).toMatchObject({ kind: "malformed" });
    put(checkpointName, " ".repeat(60_000));
    expect(await reader.checkpoint(location(), 7)).toMatchObject({
      kind: "unreachable",
      reason: expect.stringMatching(/bytes/),
    });
    put("reorg_flag.json", "{}");
    put(checkpointName, formatCheckpointFile(signed));
    expect(await reader.checkpoint(location(), 7)).toMatchObject({ kind: "flagged" });
  });
});

describe("servers that misbehave", () => {
  const file = "/validator/7_with_id.json";
  const location = () => `${server.url}/validator`;

  it.each([
    ["forbids", { status: 403 }, /forbids/],
    ["breaks", { status: 500 }, /answered 500/],
    ["redirects", { status: 302, location: "/elsewhere" }, /answered 302/],
  ])("%s", async (_, answer, reason) => {
    objects.set(file, answer);
    objects.set("/elsewhere", { text: formatCheckpointFile(signed) });
    expect(await reader.checkpoint(location(), 7)).toEqual({
      kind: "unreachable",
      reason: expect.stringMatching(reason),
    });
    expect(asked).not.toContain("/elsewhere");
  });

  it("is not there", async () => {
    const gone = await startObjectServer(() => undefined);
    await gone.stop();
    expect(await reader.checkpoint(`${gone.url}/validator`, 7)).toMatchObject({ kind: "unreachable" });
  });

  it("never ends, or only sends on and on", async () => {
    const silent = await startObjectServer((_, response) => void response.write("{"));
    const endless = await startObjectServer((_, response) => {
      const more = () => {
        if (!response.destroyed) response.write("x".repeat(10_000), more);
      };
      more();
    });
    const fetch = createBoundedFetch({ maxBytes: 100_000, timeoutMs: 200, reach: "loopback" });
    await expect(fetch(silent.url)).rejects.toThrow("did not answer within 200 ms");
    const patient = createBoundedFetch({ maxBytes: 100_000, timeoutMs: 60_000, reach: "loopback" });
    await expect(patient(endless.url)).rejects.toThrow("more than 100000 bytes");
    await silent.stop();
    await endless.stop();
  });

  it("are not asked at all on this machine unless that is allowed, under any name", async () => {
    const strict = createBoundedFetch({ maxBytes: 1_000, timeoutMs: 5_000, reach: "public" });
    const { port } = new URL(server.url);
    for (const host of ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"]) {
      await expect(strict(`https://${host}:${port}/`)).rejects.toThrow("only https to public addresses");
      await expect(strict(`http://${host}:${port}/`)).rejects.toThrow();
    }
    expect(asked).toEqual([]);
  });
});

it("public addresses are told from those of networks behind", () => {
  const inside = ["10.1.2.3", "169.254.169.254", "172.31.0.1", "100.64.0.1", "224.0.0.1", "255.255.255.255", "0.0.0.0"];
  const inside6 = [
    "::",
    "::1",
    "fe80::1",
    "fd00::1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:a00:1::",
    "2001:db8::1",
  ];
  for (const address of [...inside, ...inside6, "example.com", ""])
    expect(isPublicAddress(address), address).toBe(false);
  for (const address of ["8.8.8.8", "172.32.0.1", "2606:4700::1"]) expect(isPublicAddress(address), address).toBe(true);
});

it("the object stores' public addresses are built from names that cannot lead elsewhere", () => {
  const url = (location: string) => {
    const place = parseStorageLocation(location, publicObjectStores);
    return place?.kind === "http" ? place.urlOf("x.json") : undefined;
  };
  expect(url("s3://hyperlane-validator/us-east-1/base")).toBe(
    "https://hyperlane-validator.s3.us-east-1.amazonaws.com/base/x.json",
  );
  expect(url("gs://some_bucket/a b/..%2f")).toBe("https://storage.googleapis.com/some_bucket/a%20b/..%252f/x.json");
  for (const location of [
    "s3://a@b/eu",
    "s3://evil.example#/eu",
    "s3://bucket/EU/x",
    "gs://a:b/c",
    "s3://bucket",
    "x",
  ]) {
    expect(url(location), location).toBeUndefined();
  }
});
