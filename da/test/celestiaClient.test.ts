import { HeraldError } from "@herald/wire/errors";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createCelestiaClient } from "../src/celestiaClient.js";
import { namespaceOf } from "../src/namespace.js";
import { recordedJson, recordedProof } from "./recordedProof.js";
import { startScriptedNode } from "./scriptedNode.js";

let node: Awaited<ReturnType<typeof startScriptedNode>>;
beforeAll(async () => {
  node = await startScriptedNode();
});
afterAll(() => node.stop());

const namespace = namespaceOf("herald");
const commitment = `0x${"ab".repeat(32)}` as const;
const client = (token?: string) =>
  createCelestiaClient({ url: node.url, readTimeoutMs: 2_000, submitTimeoutMs: 2_000, ...(token && { token }) });
const submit = (signal?: AbortSignal) => client("t").submitBlobs(namespace, [Uint8Array.of(1)], {}, signal);
const read = (signal?: AbortSignal) => client("t").blobAt({ height: 5n, namespace, commitment }, signal);
const failure = async (call: Promise<unknown>): Promise<HeraldError> => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof HeraldError) return error;
  throw new Error(`a HeraldError was expected, not ${String(error)}`);
};

describe("errors of a submission", () => {
  it.each([
    ["DA_UNAUTHORIZED", "missing permission to invoke 'Submit' (need 'write')"],
    [
      "DA_SEQUENCE_MISMATCH",
      "broadcast tx error: hash A error: account sequence mismatch, expected 5, got 4: incorrect account sequence code: 32",
    ],
    ["DA_SEQUENCE_MISMATCH", "broadcast tx error: hash A error:  code: 32"],
    ["DA_ALREADY_PENDING", "broadcast tx error: hash A error:  code: 19"],
    ["DA_ALREADY_PENDING", "tx already exists in cache"],
    [
      "DA_FEE_TOO_LOW",
      "broadcast tx error: hash A error: insufficient minimum gas price for this node; got: 1utia required: 336utia: insufficient fee code: 13",
    ],
    ["DA_FEE_TOO_LOW", "insufficient gas price in txconfig"],
    ["DA_FEE_TOO_LOW", "estimated gas price exceeds max gas price: 0.004 > 0.001"],
    ["DA_MEMPOOL_FULL", "broadcast tx error: hash A error: mempool is full: number of txs 5000 code: 20"],
    ["DA_TOO_LARGE", "broadcast tx error: hash A error:  code: 21"],
    [
      "DA_TOO_LARGE",
      "tx size 9000000 is larger than the application's configured MaxTxSize of 8388608 bytes code: 11142",
    ],
    ["DA_TOO_LARGE", "blob: over size limit"],
    ["DA_OUT_OF_GAS", "tx execution failed with code 11: out of gas in location: ReadFlat"],
    [
      "DA_INSUFFICIENT_FUNDS",
      "broadcast tx error: hash A error: spendable balance 1utia is smaller than 320utia: insufficient funds code: 5",
    ],
    ["DA_INSUFFICIENT_FUNDS", "account for signer celestia1abc not found"],
    ["DA_INVALID_BLOB", "not allowed namespace 00ff to build blob"],
    ["DA_INVALID_BLOB", "tx execution failed with code 11110: reserved namespace"],
    ["DA_UNKNOWN_OUTCOME", "tx with hash A was evicted from the mempool"],
    ["DA_UNKNOWN_OUTCOME", "transaction with hash A not found; it was likely rejected"],
    ["DA_UNKNOWN_OUTCOME", "timed out waiting for tx"],
    ["DA_UNKNOWN_OUTCOME", "context deadline exceeded"],
    ["DA_UNKNOWN_OUTCOME", "rpc error: code = Unavailable desc = connection error"],
    ["DA_UNKNOWN_OUTCOME", "something no version has said so far"],
    ["DA_NO_STATE_ACCESS", "node is running without state access. run with --core.ip <CORE NODE IP> to resolve"],
  ])("%s: %s", async (code, message) => {
    node.error(1, message);
    const error = await failure(submit());
    expect(error).toMatchObject({ code, facts: { method: "blob.Submit", reason: message, rpcCode: 1 } });
  });

  it("a fee error names both sides", async () => {
    node.error(1, "insufficient fees; got: 1utia required: 336utia: insufficient fee code: 13");
    expect(await failure(submit())).toMatchObject({
      actor: "operator",
      facts: { offeredUtia: "1", requiredUtia: "336" },
    });
  });

  it("protocol errors: the body counts, not the status", async () => {
    node.error(-32700, "unmarshaling params for 'blob.Submit' (param: *[]*blob.Blob): invalid namespace", 500);
    expect((await failure(submit())).code).toBe("DA_INVALID_BLOB");
    node.error(-32602, "wrong param count (method 'blob.Submit'): 1 != 2", 500);
    expect((await failure(submit())).code).toBe("DA_INVALID_REQUEST");
    node.error(-32601, "method 'blob.Submit' not found", 500);
    expect((await failure(submit())).code).toBe("DA_UNSUPPORTED_METHOD");
    node.error(0, "panic in rpc method 'blob.Submit': runtime error: invalid memory address", 500);
    expect((await failure(submit())).code).toBe("DA_UNKNOWN_OUTCOME");
  });

  it.each([
    ["a connection that breaks", "drop"],
    ["a timeout", "hang"],
    ["a proxy's error page", { status: 502, body: "<html>Bad Gateway</html>" }],
    ["a 503", { status: 503, body: "" }],
    ["an empty answer", { status: 200, body: "" }],
    ["an answer cut short", { status: 200, body: '{"jsonrpc":"2.0","res' }],
  ] as const)("%s leaves the outcome open", async (_, reply) => {
    node.answer(reply);
    expect(await failure(submit())).toMatchObject({ code: "DA_UNKNOWN_OUTCOME", actor: "upstream" });
  });

  it("an abort leaves the outcome open; one before the start sends nothing", async () => {
    node.answer("hang");
    const controller = new AbortController();
    const sent = node.received.length;
    const pending = failure(submit(controller.signal));
    await vi.waitUntil(() => node.received.length > sent, { timeout: 60_000 });
    controller.abort();
    expect((await pending).code).toBe("DA_UNKNOWN_OUTCOME");
    const before = node.received.length;
    expect((await failure(submit(AbortSignal.abort()))).code).toBe("DA_ABORTED");
    expect(node.received.length).toBe(before);
  });
});

describe("errors of a read", () => {
  it.each([
    ["DA_UNAUTHORIZED", "missing permission to invoke 'Get' (need 'read')"],
    ["DA_NOT_FOUND", "blob: not found"],
    ["DA_NOT_YET", "header: given height is from the future: networkHeight: 4, requestedHeight: 9"],
    ["DA_NOT_YET", "header: syncing in progress: localHeadHeight: 4, requestedHeight: 9"],
    ["DA_PRUNED", "requested header (5) is below Tail (90)"],
    ["DA_PRUNED", "share: data not found"],
    ["DA_PRUNED", "timestamp outside sampling window"],
    ["DA_UNREACHABLE", "context deadline exceeded"],
    ["DA_UNREACHABLE", "something no version has said so far"],
  ])("%s: %s", async (code, message) => {
    node.error(1, message);
    expect((await failure(read())).code).toBe(code);
  });

  it("transport", async () => {
    node.answer({ status: 401, body: "" });
    expect(await failure(read())).toMatchObject({ code: "DA_UNAUTHORIZED", actor: "operator", retry: "never" });
    node.answer({ status: 429, body: "" });
    expect((await failure(read())).code).toBe("DA_BUSY");
    node.answer({ status: 503, body: "" });
    expect((await failure(read())).code).toBe("DA_BUSY");
    node.answer("drop");
    expect((await failure(read())).code).toBe("DA_UNREACHABLE");
    node.answer("hang");
    expect((await failure(read())).code).toBe("DA_TIMEOUT");
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    expect((await failure(read(controller.signal))).code).toBe("DA_ABORTED");
  });

  it("a node that is not there: nothing was sent, not even of a submission", async () => {
    const gone = await startScriptedNode();
    await gone.stop();
    const client = createCelestiaClient({ url: gone.url });
    expect((await failure(client.ready())).code).toBe("DA_UNREACHABLE");
    expect((await failure(client.submitBlobs(namespace, [Uint8Array.of(1)]))).code).toBe("DA_UNREACHABLE");
  });

  it("an answer of another form", async () => {
    node.result({ surprise: true });
    expect((await failure(read())).code).toBe("DA_UNEXPECTED_RESPONSE");
    node.result("7");
    expect((await failure(client().ready())).code).toBe("DA_UNEXPECTED_RESPONSE");
    node.result(recordedJson().header);
    expect((await failure(client().headerAt(823n))).code).toBe("DA_UNEXPECTED_RESPONSE");
  });

  it("keeps the token out of errors", async () => {
    node.answer({ status: 401, body: "" });
    const secret = "eyJhbGciOiJIUzI1NiJ9.secret.signature";
    const error = await failure(createCelestiaClient({ url: `${node.url}/?token=${secret}`, token: secret }).ready());
    expect(JSON.stringify({ ...error, message: error.message, stack: error.stack })).not.toContain("secret");
  });
});

describe("what is sent and read", () => {
  it("positional parameters, token, base64, and an explicit gas price with its flag", async () => {
    node.result(12);
    const options = {
      gasPrice: 0.01,
      maxGasPrice: 0.1,
      gas: 90_000n,
      priority: 3,
      signerAddress: "celestia1x",
    } as const;
    expect(await client("secret").submitBlobs(namespace, [Uint8Array.of(1, 2)], options)).toBe(12n);
    const base64 = Buffer.from(namespace.slice(2), "hex").toString("base64");
    expect(node.received.at(-1)).toMatchObject({
      headers: { authorization: "Bearer secret" },
      body: {
        jsonrpc: "2.0",
        method: "blob.Submit",
        params: [
          [{ namespace: base64, data: "AQI=", share_version: 0 }],
          {
            gas_price: 0.01,
            is_gas_price_set: true,
            max_gas_price: 0.1,
            gas: 90_000,
            tx_priority: 3,
            signer_address: "celestia1x",
          },
        ],
      },
    });
    await client().submitBlobs(namespace, [Uint8Array.of(1)]);
    expect(node.received.at(-1)?.headers.authorization).toBeUndefined();
    expect(node.received.at(-1)?.body.params[1]).toEqual({});
  });

  it("headers, heights as strings or numbers", async () => {
    const json = recordedJson().header;
    node.result(json);
    const { header } = recordedProof();
    expect(header).toMatchObject({ height: 824n, chainId: "private", appVersion: 8 });
    expect(await client().headerAt(824n)).toEqual(header);
    node.result({ ...json, header: { ...json.header, height: 824 } });
    expect(await client().localHead()).toEqual(header);
  });

  it("null for an empty namespace; amounts as strings", async () => {
    node.result(null);
    expect(await client().blobsAt(5n, namespace)).toEqual([]);
    node.result([recordedJson().blob]);
    expect(await client().blobsAt(5n, namespace)).toEqual([recordedProof().blob]);
    node.result({ denom: "utia", amount: "1000000000000000" });
    expect(await client().balance()).toBe(10n ** 15n);
  });
});
