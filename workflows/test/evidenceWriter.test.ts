import { MAX_BATCH_BYTES } from "@herald/da/batch";
import { type CelestiaClient, createCelestiaClient } from "@herald/da/celestiaClient";
import { namespaceOf } from "@herald/da/namespace";
import { parseEvidence } from "@herald/da/parseEvidence";
import { HeraldError } from "@herald/wire/errors";
import { evidenceHashOf } from "@herald/wire/evidence";
import { parseChainId, parseModelId, workflowIdOf } from "@herald/wire/ids";
import { silentLog } from "@herald/wire/log";
import type { Terms } from "@herald/wire/terms";
import { answerTypedData, requestIdOf } from "@herald/wire/typedData";
import { bytesToHex, keccak256, stringToHex, zeroAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Devnet, startDevnet } from "../../da/test/startDevnet.js";
import type { RequestBodies } from "../src/activities/requestBodies.js";
import { evidenceWriter } from "../src/effects/evidenceWriter.js";
import type { Batch, Effect } from "../src/effects/outbox.js";
import type { EvidenceReference, Inference } from "../src/flows/contract.js";
import { exampleInference, exampleRequest } from "./exampleRequest.js";
import { indexOf, noteBook, spanBook } from "./lane.js";

let devnet: Devnet;
let client: CelestiaClient;
const namespace = namespaceOf("0x68657261");
const processes: AbortController[] = [];

beforeAll(async () => {
  devnet = await startDevnet("--block-time", "300ms");
  client = createCelestiaClient({ url: devnet.rpc, token: devnet.tokens.write });
});
afterAll(() => devnet?.stop());
afterEach(() => {
  for (const it of processes.splice(0)) it.abort();
});

let count = 0;
async function answered(): Promise<{ readonly request: RequestBodies; readonly effect: Effect }> {
  const account = privateKeyToAccount(keccak256("0x01"));
  const [input, output] = [stringToHex(`question ${count}`), stringToHex(`answer ${count++}`)];
  const ref = { chainId: parseChainId(31_102), gateway: account.address };
  const terms: Terms = {
    version: 1,
    salt: keccak256(stringToHex(`${Date.now()}/${count}`)),
    requester: account.address,
    consumer: account.address,
    refundTo: account.address,
    callbackGasLimit: 0,
    contextHash: keccak256("0x"),
    modelId: parseModelId(keccak256("0x02")),
    inputHash: keccak256(input),
    inputMode: 0,
    outputMode: 0,
    policyId: 1,
    feeToken: zeroAddress,
    workerFee: 1n,
    relayFee: 1n,
    protocolFee: 0n,
    relayer: zeroAddress,
    deadline: 1_900_000_000,
  };
  const id = requestIdOf(ref, terms);
  const evidenceHash = evidenceHashOf({ id, modelId: terms.modelId, output, proof: "0x" });
  const parties = { payee: account.address, relayer: account.address };
  const answer = { id, status: 1, outputHash: keccak256(output), evidenceHash, ...parties };
  const signature = await account.signTypedData(answerTypedData(ref, answer));
  const inference: Inference = { status: 1, output, answers: [{ answer, signature, worker: account.address }], at: 1 };
  return {
    request: { requestId: id, chain: "base", ref, terms, input, context: "0x", finalAt: 1_000 + count },
    // CAST: JSON by construction.
    effect: { kind: "evidence", lane: "celestia", requestId: id, attempt: 1, payload: inference as never },
  };
}
type Answered = Awaited<ReturnType<typeof answered>>;

/** Node, store and outbox outlive it: one relayer process that carries a batch out. */
function process(of: readonly Answered[], overrides: Partial<CelestiaClient> = {}) {
  const stop = new AbortController();
  processes.push(stop);
  const submissions: (readonly string[])[] = [];
  const watched: CelestiaClient = {
    ...client,
    submitBlobs: async (...args) => {
      submissions.push(args[1].map((blob) => bytesToHex(blob)));
      return await client.submitBlobs(...args);
    },
    ...overrides,
  };
  const spans = spanBook();
  const index = indexOf(of.map((it) => it.request));
  const writer = evidenceWriter({ client: watched, namespace, index, spans, log: silentLog, signal: stop.signal });
  return { writer, submissions, spans: spans.spans, kill: () => stop.abort() };
}

function batchOf(of: readonly Answered[], notes: Batch["notes"] = null): Batch {
  const id = `evidence/celestia/${of[0]?.request.requestId}/1`;
  return { id, kind: "evidence", lane: "celestia", effects: of.map((it) => it.effect), notes };
}
const referencesOf = (done: readonly { readonly reference: Batch["notes"] }[]) =>
  // CAST: what the writer makes of an effect.
  done.map((it) => it.reference as unknown as EvidenceReference);

/** Requests whose evidence is on the chain, block by block. */
async function onChain(from: bigint): Promise<string[]> {
  const found: string[] = [];
  const head = (await client.localHead()).height;
  for (let height = from; height <= head; height++) {
    for (const blob of await client.blobsAt(height, namespace)) found.push(parseEvidence(blob.data).part.id);
  }
  return found;
}

describe("evidence", () => {
  test("is one blob a request, all in one submission, each found where its reference says", async () => {
    const of = [await answered(), await answered(), await answered()];
    const { writer, submissions, spans } = process(of);
    const done = await writer.act(batchOf(of), noteBook());
    expect(submissions.map((it) => it.length)).toEqual([3]);
    expect(done.map((it) => it.key.requestId)).toEqual(of.map((it) => it.request.requestId));
    const references = referencesOf(done);
    expect(references.map((it) => it.finalAt)).toEqual(of.map((it) => it.request.finalAt));
    for (const [i, { height, commitment }] of references.entries()) {
      const at = { height: BigInt(height), namespace, commitment: bytesToHex(Buffer.from(commitment, "base64")) };
      const envelope = parseEvidence((await client.blobAt(at)).data);
      expect(envelope.part).toMatchObject({ id: of[i]?.request.requestId });
      expect(envelope.input).toBe(of[i]?.request.input);
      expect(envelope.relayer).toEqual({ workflowId: workflowIdOf(envelope.part.id) });
    }
    expect(spans.map((it) => it.what)).toEqual(["celestia"]);
  });

  test("that was sent before a kill is found on the chain, not sent again", async () => {
    const of = [await answered(), await answered()].reverse();
    const from = (await client.localHead()).height;
    const book = noteBook();
    // The node takes it, and the process is gone before it hears so.
    const dying = process(of, {
      submitBlobs: async (...args) => {
        await client.submitBlobs(...args);
        dying.kill();
        throw new Error("killed");
      },
    });
    await expect(dying.writer.act(batchOf(of), book)).rejects.toThrow();
    expect(book.notes).not.toBeNull();

    const next = process(of);
    const done = await next.writer.act(batchOf(of, book.notes), book);
    expect(next.submissions).toEqual([]);
    expect(done.map((it) => it.key.requestId)).toEqual(of.map((it) => it.request.requestId));
    expect((await onChain(from)).sort()).toEqual(of.map((it) => it.request.requestId).sort());

    // Killed once more, before the batch was closed: the notes alone answer.
    const last = process(of, { localHead: () => Promise.reject(new Error("asked the node")) });
    expect(referencesOf(await last.writer.act(batchOf(of, book.notes), book)).map((it) => it.commitment)).toEqual(
      referencesOf(done).map((it) => it.commitment),
    );
    expect(last.submissions).toEqual([]);
  });

  test("is not sent where the journal could not be written first", async () => {
    const of = [await answered()];
    const { writer, submissions } = process(of);
    const broken = { ...noteBook(), save: () => Promise.reject(new Error("disk full")) };
    await expect(writer.act(batchOf(of), broken)).rejects.toThrow("disk full");
    expect(submissions).toEqual([]);
  });

  test("that the node refused goes out again with the same bytes in the same order", async () => {
    const of = [await answered(), await answered()];
    const book = noteBook();
    const refused: string[][] = [];
    const first = process(of, {
      submitBlobs: async (_namespace, blobs) => {
        refused.push(blobs.map((blob) => bytesToHex(blob)));
        throw new HeraldError({ code: "DA_NO_FUNDS", message: "Refused.", actor: "operator", retry: "now" });
      },
    });
    await expect(first.writer.act(batchOf(of), book)).rejects.toMatchObject({ code: "DA_NO_FUNDS" });
    first.kill();
    const second = process(of);
    await second.writer.act(batchOf(of, book.notes), book);
    expect(refused.length).toBeGreaterThan(0);
    for (const it of [...refused, ...second.submissions]) expect(it).toEqual(second.submissions[0]);
    expect(second.submissions).toHaveLength(1);
  });
});

describe("what shares a submission", () => {
  const effect = (bytes: number): Effect => {
    const { requestId } = exampleRequest(60_000);
    const inference = { ...exampleInference(requestId), output: `0x${"ab".repeat(bytes)}` };
    // CAST: JSON by construction.
    return { kind: "evidence", lane: "celestia", requestId, attempt: 1, payload: inference as never };
  };

  test("is bounded by number and size, in order, nothing lost", async () => {
    const { writer } = process([]);
    const effects = [
      ...Array.from({ length: 100 }, () => effect(10)),
      ...Array.from({ length: 40 }, () => effect(32 * 1024)),
      ...Array.from({ length: 3 }, () => effect(900_000)),
    ];
    const groups = await writer.group(effects);
    expect(groups.flat()).toEqual(effects);
    for (const group of groups) {
      // CAST: JSON by construction.
      const bytes = group.reduce((sum, it) => sum + (it.payload as { output: string }).output.length, 0);
      expect(bytes).toBeLessThanOrEqual(MAX_BATCH_BYTES);
      expect(group.length).toBeLessThanOrEqual(64);
    }
    expect(groups.length).toBeLessThan(12);
    expect(groups[0]?.length).toBeGreaterThan(20);
  });
});
