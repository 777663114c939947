import { HeraldError } from "@herald/wire/errors";
import { silentLog } from "@herald/wire/log";
import { type Hex, hexToBytes, keccak256, stringToHex } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAX_BATCH_BYTES } from "../src/batch.js";
import { type CelestiaClient, createCelestiaClient } from "../src/celestiaClient.js";
import { shareCommitment } from "../src/commitment.js";
import { confirmBlob } from "../src/confirmBlob.js";
import { encodeEvidence } from "../src/evidenceEnvelope.js";
import { findBlobs } from "../src/findBlobs.js";
import { namespaceOf } from "../src/namespace.js";
import { type PublishBlobsParameters, publishBlobs } from "../src/publishBlobs.js";
import { verifyEvidence } from "../src/verifyEvidence.js";
import { exampleEnvelope, exampleRef } from "./exampleEnvelope.js";
import { MemoryJournal } from "./memoryJournal.js";
import { type Devnet, startDevnet } from "./startDevnet.js";

// Chain and bridge apart, so that the bridge can die while the chain lives.
let core: Devnet;
let bridge: Devnet;
let client: CelestiaClient;
const secret = "11".repeat(32);
const startBridge = () =>
  startDevnet("--mode", "bridge", "--core-grpc-port", core.coreGrpc.split(":")[1] ?? "", "--jwt-secret", secret);
const clientOf = (devnet: Devnet, token = devnet.tokens.write) => createCelestiaClient({ url: devnet.rpc, token });

beforeAll(async () => {
  core = await startDevnet("--mode", "core", "--block-time", "300ms");
  bridge = await startBridge();
  client = clientOf(bridge);
});
afterAll(async () => {
  await bridge?.stop();
  await core?.stop();
});

let names = 0;
/** A namespace no other test posts to. */
const freshNamespace = () => namespaceOf(`t${Date.now() % 100_000}/${names++}`);
/** Deterministic bytes that differ by name. */
function data(name: string, length = 300): Uint8Array {
  const seed = hexToBytes(keccak256(stringToHex(name)));
  return Uint8Array.from({ length }, (_, i) => (seed[i % 32] ?? 0) ^ (i >> 5));
}
function parameters(change: Partial<Omit<PublishBlobsParameters, "journal">> = {}) {
  const journal = new MemoryJournal();
  return { client, namespace: freshNamespace(), blobs: [data("a")], log: silentLog, pollMs: 100, ...change, journal };
}
/** How often a commitment is on the chain. */
async function copies(namespace: PublishBlobsParameters["namespace"], commitment: Hex, from: bigint): Promise<number> {
  const head = (await client.localHead()).height;
  let count = 0;
  for (let height = from; height <= head; height++)
    for (const blob of await client.blobsAt(height, namespace)) if (blob.claimedCommitment === commitment) count++;
  return count;
}
const blocksFrom = async (count: bigint) => {
  const from = (await client.localHead()).height;
  while ((await client.localHead()).height < from + count) await new Promise((resolve) => setTimeout(resolve, 100));
};
/** A client during whose submissions something happens: late enough to be sent, too early to be answered. */
const inFlight = (happens: () => void): CelestiaClient => ({
  ...client,
  submitBlobs: (...call) => {
    setTimeout(happens, 250);
    return client.submitBlobs(...call);
  },
});
const lost = () =>
  new HeraldError({ code: "DA_UNKNOWN_OUTCOME", message: "Lost.", actor: "upstream", retry: { afterMs: 1 } });

describe("publishing", () => {
  it("evidence: posted, included, found again and verified", async () => {
    const envelope = await exampleEnvelope("Bonjour");
    const setup = parameters({ blobs: [encodeEvidence(envelope)] });
    const [published] = await publishBlobs(setup);
    if (published === undefined) throw new Error("one blob, one place");
    expect(published.commitment).toBe(shareCommitment(setup.namespace, encodeEvidence(envelope)));
    expect(published.dataRoot).toBe((await client.headerAt(published.height)).dataHash);
    const verified = await verifyEvidence({ client, locator: published, ref: exampleRef });
    expect(verified.envelope).toEqual(envelope);
    expect(verified.header.dataHash).toBe(published.dataRoot);

    // The record was there before anything was sent, and the second call sends nothing.
    expect(setup.journal.history[0]).toMatchObject({ published: null, commitments: [published.commitment] });
    expect(setup.journal.history[0]?.sentAt).toBeLessThan(published.height);
    const silent = { ...client, submitBlobs: () => Promise.reject(new Error("sent again")) };
    expect(await publishBlobs({ ...setup, client: silent })).toEqual([published]);
  });

  it("blobs of every shape in one transaction, equal ones once", async () => {
    const lengths = [1, 478, 479, 5_000, 40_000, 130_000, 478];
    const blobs = [...lengths.map((length) => data(`shape ${length}`, length)), data("shape 1", 1)];
    const setup = parameters({ blobs });
    const published = await publishBlobs(setup);
    expect(published.map(({ commitment }) => commitment)).toEqual(
      blobs.map((blob) => shareCommitment(setup.namespace, blob)),
    );
    expect(new Set(published.map(({ height }) => height)).size).toBe(1);
    expect(await client.blobsAt(published[0]?.height ?? 0n, setup.namespace)).toHaveLength(new Set(lengths).size);
    // Large ones span rows: their proofs are of several rows.
    const rows = await Promise.all(
      published.map(async (blob) => (await confirmBlob(client, blob)).proof.ranges.length),
    );
    expect(Math.max(...rows)).toBeGreaterThan(4);
    expect(Math.min(...rows)).toBe(1);
  });

  it("twenty at once from one account", async () => {
    const namespace = freshNamespace();
    const from = (await client.localHead()).height;
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        publishBlobs(parameters({ namespace, blobs: [data(`one of twenty ${i}`)] })),
      ),
    );
    const commitments = all.flatMap((published) => published.map(({ commitment }) => commitment));
    expect(new Set(commitments).size).toBe(20);
    for (const commitment of commitments) expect(await copies(namespace, commitment, from)).toBe(1);
  });
});

describe("an unknown outcome", () => {
  it("of a submission that landed is resolved on chain", async () => {
    let sent = 0;
    const forgetful: CelestiaClient = {
      ...client,
      submitBlobs: async (...call) => {
        sent++;
        await client.submitBlobs(...call);
        throw lost();
      },
    };
    const setup = parameters({ client: forgetful });
    const from = (await client.localHead()).height;
    const [published] = await publishBlobs(setup);
    expect(sent).toBe(1);
    expect(await copies(setup.namespace, published?.commitment ?? "0x", from)).toBe(1);
  });

  it("of one that never went out: sent again, but not before the first can no longer land", async () => {
    const sent: bigint[] = [];
    const lossy: CelestiaClient = {
      ...client,
      submitBlobs: async (...call) => {
        sent.push((await client.localHead()).height);
        if (sent.length === 1) throw lost();
        return client.submitBlobs(...call);
      },
    };
    const setup = parameters({ client: lossy, mempoolTtlBlocks: 6n });
    const [published] = await publishBlobs(setup);
    expect(sent).toHaveLength(2);
    expect(sent[1]).toBeGreaterThanOrEqual((sent[0] ?? 0n) + 10n); // 6 + 4 that the head may trail
    expect(await copies(setup.namespace, published?.commitment ?? "0x", sent[0] ?? 0n)).toBe(1);
  });

  it("time after time ends in an error, and the journal still knows", async () => {
    const dead: CelestiaClient = { ...client, submitBlobs: () => Promise.reject(lost()) };
    const setup = parameters({ client: dead, mempoolTtlBlocks: 0n, maxSubmissions: 2 });
    await expect(publishBlobs(setup)).rejects.toMatchObject({ code: "DA_UNKNOWN_OUTCOME", facts: { submissions: 2 } });
    expect(setup.journal.history.at(-1)).toMatchObject({ published: null, sentAt: expect.any(BigInt) });
    const [published] = await publishBlobs({ ...setup, client });
    expect(published?.height).toBeGreaterThan(0n);
  });

  it("of a client that gave up waiting: the next call finds it and sends nothing", async () => {
    const setup = parameters();
    const controller = new AbortController();
    const impatient = inFlight(() => controller.abort());
    await expect(publishBlobs({ ...setup, client: impatient }, controller.signal)).rejects.toMatchObject({
      code: "DA_ABORTED",
    });
    const from = setup.journal.history[0]?.fromHeight ?? 0n;
    const silent = { ...client, submitBlobs: () => Promise.reject(new Error("sent again")) };
    const [published] = await publishBlobs({ ...setup, client: silent });
    await blocksFrom(2n);
    expect(await copies(setup.namespace, published?.commitment ?? "0x", from)).toBe(1);
  });

  it("of a bridge killed in the middle: found through its successor, once", async () => {
    const setup = parameters({ blobs: [data("killed", 2_000)] });
    const killing = inFlight(() => bridge.process.kill("SIGKILL"));
    // The look at the chain that follows finds nobody.
    await expect(publishBlobs({ ...setup, client: killing })).rejects.toMatchObject({ code: "DA_UNREACHABLE" });
    const from = setup.journal.history[0]?.fromHeight ?? 0n;
    expect(setup.journal.history.at(-1)).toMatchObject({ published: null, sentAt: expect.any(BigInt) });

    bridge = await startBridge();
    client = clientOf(bridge);
    const [published] = await publishBlobs({ ...setup, client });
    await blocksFrom(2n);
    expect(await copies(setup.namespace, published?.commitment ?? "0x", from)).toBe(1);
  });
});

describe("refusals", () => {
  it("without a token, with one that may only read, with junk", async () => {
    const unauthorized = { code: "DA_UNAUTHORIZED", actor: "operator", retry: "never" };
    const attempt = (token: string) => publishBlobs(parameters({ client: clientOf(bridge, token) }));
    await expect(attempt("")).rejects.toMatchObject({
      ...unauthorized,
      facts: { reason: expect.stringContaining("'read'") },
    });
    await expect(attempt("junk")).rejects.toMatchObject({ ...unauthorized, facts: { httpStatus: 401 } });
    await expect(attempt(bridge.tokens.read)).rejects.toMatchObject({
      ...unauthorized,
      facts: { reason: expect.stringContaining("'write'") },
    });
  });

  it("of too low a price says what is asked; once paid for, it goes out at once", async () => {
    const setup = parameters();
    await expect(publishBlobs({ ...setup, submit: { gasPrice: 0.000001 } })).rejects.toMatchObject({
      code: "DA_FEE_TOO_LOW",
      facts: { requiredUtia: expect.stringMatching(/^\d+$/) },
    });
    await expect(publishBlobs({ ...setup, submit: { maxGasPrice: 0.0000001 } })).rejects.toMatchObject({
      code: "DA_FEE_TOO_LOW",
    });
    expect(setup.journal.history.at(-1)).toMatchObject({ sentAt: null, published: null });
    const [published] = await publishBlobs({ ...setup, submit: { gasPrice: 0.01 } });
    expect(published?.height).toBeGreaterThan(0n);
  });

  it("of too much before anything is sent", async () => {
    const setup = parameters({ blobs: [new Uint8Array(MAX_BATCH_BYTES).fill(1)] });
    await expect(publishBlobs(setup)).rejects.toMatchObject({ code: "DA_TOO_LARGE" });
    await expect(publishBlobs({ ...setup, blobs: [] })).rejects.toMatchObject({ code: "DA_EMPTY_BATCH" });
    expect(setup.journal.history).toEqual([]);
  });

  it("the network's own limit", async () => {
    await expect(client.submitBlobs(freshNamespace(), [new Uint8Array(8_500_000).fill(1)])).rejects.toMatchObject({
      code: "DA_TOO_LARGE",
    });
  });
});

describe("reading", () => {
  it("what is not there", async () => {
    const namespace = freshNamespace();
    const commitment = keccak256("0x01");
    const { height } = await client.localHead();
    await expect(client.blobAt({ height, namespace, commitment })).rejects.toMatchObject({ code: "DA_NOT_FOUND" });
    await expect(client.commitmentProof({ height, namespace, commitment })).rejects.toMatchObject({
      code: "DA_NOT_FOUND",
    });
    await expect(client.headerAt(height + 1_000n)).rejects.toMatchObject({ code: "DA_NOT_YET" });
    const found = await findBlobs({ client, namespace, commitments: [commitment], fromHeight: 1n, toHeight: height });
    expect(found.size).toBe(0);
  });

  it("the node's health and account", async () => {
    expect(await client.ready()).toBe(true);
    expect(await client.accountAddress()).toMatch(/^celestia1/);
    expect(await client.balance()).toBeGreaterThan(0n);
  });

  it("a node that lies about a blob, a proof or a header is caught", async () => {
    const setup = parameters({ blobs: [encodeEvidence(await exampleEnvelope("Salut"))] });
    const [published] = await publishBlobs(setup);
    if (published === undefined) throw new Error("one blob, one place");
    const verify = (lies: Partial<CelestiaClient>) =>
      verifyEvidence({ client: { ...client, ...lies }, locator: published, ref: exampleRef });
    const header = await client.headerAt(published.height);
    const proof = await client.commitmentProof(published);
    const blob = await client.blobAt(published);

    // A look at the chain does not take the node's word for what a blob's commitment is.
    const forging = { ...client, blobsAt: async () => [{ ...blob, data: data("else") }] };
    const { height, namespace, commitment } = published;
    const span = { namespace, commitments: [commitment], fromHeight: height, toHeight: height };
    expect((await findBlobs({ client, ...span })).get(commitment)).toBe(height);
    expect((await findBlobs({ client: forging, ...span })).size).toBe(0);

    await expect(verify({ blobAt: async () => ({ ...blob, data: data("else") }) })).rejects.toMatchObject({
      code: "DA_BLOB_MISMATCH",
    });
    await expect(verify({ headerAt: async () => ({ ...header, dataHash: keccak256("0x02") }) })).rejects.toMatchObject({
      code: "DA_HEADER_INVALID",
    });
    const earlier = await client.headerAt(published.height - 1n);
    await expect(verify({ headerAt: async () => earlier })).rejects.toMatchObject({ code: "DA_PROOF_INVALID" });
    await expect(verify({ commitmentProof: async () => ({ ...proof, subtreeRoots: [] }) })).rejects.toMatchObject({
      code: "DA_PROOF_INVALID",
    });
  });
});
