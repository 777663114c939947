import type { Answer } from "@herald/wire/answer";
import { evidenceHashOf } from "@herald/wire/evidence";
import { silentLog } from "@herald/wire/log";
import { answerTypedData, requestIdOf } from "@herald/wire/typedData";
import { type Hex, keccak256, stringToHex, zeroAddress } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { requestInference } from "../src/infernet/containerClient.js";
import { encodeAnswer, MAX_ANSWER_BYTES } from "../src/infernet/containerProtocol.js";
import { addressOf, exampleCall, PYTHON_SOURCE } from "./exampleCall.js";
import { startScriptedWorker } from "./scriptedWorker.js";
import { waitFor } from "./waitFor.js";

const account = privateKeyToAccount(generatePrivateKey());
const call = exampleCall("language-detection", PYTHON_SOURCE);
const id = requestIdOf(call, call.terms);
const output = stringToHex('{"label":"py","permille":900}');
let server: Awaited<ReturnType<typeof startScriptedWorker>>;

beforeAll(async () => {
  server = await startScriptedWorker();
});
afterAll(() => server.stop());

/** A well-made answer, changed in one place before it is signed. */
async function answerWith(change: Partial<Answer> = {}, sent: Hex = output, signer = account) {
  const answer: Answer = {
    id,
    status: 1,
    outputHash: keccak256(sent),
    evidenceHash: evidenceHashOf({ id, modelId: call.terms.modelId, output: sent, proof: "0x" }),
    payee: addressOf("payee"),
    relayer: call.relayer,
    ...change,
  };
  const signature = await signer.signTypedData(answerTypedData(call, answer));
  return { output: sent, signed: { answer, signature, worker: signer.address } };
}

function ask(over: { signal?: AbortSignal; timeoutMs?: number; url?: string } = {}) {
  const all = { url: server.url, signal: new AbortController().signal, timeoutMs: 60_000, ...over };
  return requestInference({ ...all, worker: account.address, call, log: silentLog });
}

/** Every error must say whose it is. */
const error = (code: string, facts: object = {}) =>
  expect.objectContaining({
    code,
    facts: expect.objectContaining({ requestId: id, worker: account.address, ...facts }),
  });

test("a well-made answer comes back as it was signed", async () => {
  const made = await answerWith();
  server.answer(200, encodeAnswer(made));
  expect(await ask()).toEqual(made);
  expect(server.received.at(-1)).toMatchObject({ path: "/service_output", body: { source: 1, destination: 1 } });
});

describe("answers that are not what was asked", () => {
  const other = `0x${"99".repeat(32)}` as const;
  test.each<[string, Partial<Answer>, string]>([
    ["another request", { id: requestIdOf(call, { ...call.terms, salt: other }) }, "id"],
    ["an unknown status", { status: 9 }, "status"],
    ["status 0", { status: 0 }, "status"],
    ["another output hash", { outputHash: other }, "outputHash"],
    ["another evidence hash", { evidenceHash: other }, "evidenceHash"],
    ["another relayer", { relayer: addressOf("thief") }, "relayer"],
    ["an output under a refusal", { status: 3 }, "output"],
    ["no payee", { payee: zeroAddress }, "payee"],
  ])("%s is caught", async (_name, change, field) => {
    server.answer(200, encodeAnswer(await answerWith(change)));
    await expect(ask()).rejects.toThrow(error("WORKER_ANSWER_MISMATCH", { field }));
  });

  test("an output swapped after signing is caught", async () => {
    server.answer(200, encodeAnswer({ ...(await answerWith()), output: "0xbad0" }));
    await expect(ask()).rejects.toThrow(error("WORKER_ANSWER_MISMATCH", { field: "outputHash" }));
  });

  test("another key, another claimed key and a broken signature are caught", async () => {
    const stranger = privateKeyToAccount(generatePrivateKey());
    const strange = await answerWith({}, output, stranger);
    server.answer(200, encodeAnswer(strange));
    await expect(ask()).rejects.toThrow(error("WORKER_WRONG_SIGNER", { signer: stranger.address }));

    const claimed = { ...strange, signed: { ...strange.signed, worker: account.address } };
    server.answer(200, encodeAnswer(claimed));
    await expect(ask()).rejects.toThrow(error("WORKER_WRONG_SIGNER", { signer: stranger.address }));

    const made = await answerWith();
    server.answer(200, encodeAnswer({ ...made, signed: { ...made.signed, worker: stranger.address } }));
    await expect(ask()).rejects.toThrow(error("WORKER_WRONG_SIGNER", { claimed: stranger.address }));

    const broken = { ...made.signed, signature: `0x${"ff".repeat(65)}` as const };
    server.answer(200, encodeAnswer({ ...made, signed: broken }));
    await expect(ask()).rejects.toThrow(error("WORKER_WRONG_SIGNER", { signer: expect.stringContaining("nothing") }));
  });

  test("a signature for another gateway is caught", async () => {
    const made = await answerWith();
    const elsewhere = { ...call, gateway: addressOf("other gateway") };
    const signature = await account.signTypedData(answerTypedData(elsewhere, made.signed.answer));
    server.answer(200, encodeAnswer({ ...made, signed: { ...made.signed, signature } }));
    await expect(ask()).rejects.toThrow(error("WORKER_WRONG_SIGNER"));
  });
});

describe("rubbish", () => {
  test.each([
    ["nothing", ""],
    ["HTML", "<html>hello</html>"],
    ["a list", "[]"],
    ["half of an answer", '{"raw_output":"00"}'],
    ["numbers", '{"raw_output":1,"proof":2}'],
  ])("%s is malformed", async (_name, body) => {
    server.answer(200, body);
    await expect(ask()).rejects.toThrow(error("WORKER_ANSWER_MALFORMED"));
  });

  test("an endless answer is cut off", async () => {
    let sent = 0;
    server.behave((response) => {
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write("x".repeat(65_536))) sent += 65_536;
        if (sent >= 64 * MAX_ANSWER_BYTES) response.end();
        else if (!response.destroyed) response.once("drain", more);
      };
      more();
    });
    await expect(ask()).rejects.toThrow(error("WORKER_ANSWER_TOO_LARGE"));
    await waitFor(() => server.hungUp() > 0);
    expect(sent).toBeLessThan(64 * MAX_ANSWER_BYTES);
  });

  test("a redirect is not followed, even to a good answer", async () => {
    const made = JSON.stringify(encodeAnswer(await answerWith()));
    server.behave((response, request) => {
      if (request.url === "/elsewhere") response.end(made);
      else response.writeHead(307, { location: "/elsewhere" }).end();
    });
    await expect(ask()).rejects.toThrow(error("WORKER_UNREACHABLE"));
  });
});

describe("refusals", () => {
  test.each([429, 503])("%i is busy, with the worker's own advice", async (status) => {
    server.answer(status, { code: String(status), name: "WORKER_BUSY" }, { "retry-after": "7" });
    await expect(ask()).rejects.toMatchObject({ code: "WORKER_BUSY", retry: { afterMs: 7_000 } });
    server.answer(status, "no JSON");
    await expect(ask()).rejects.toMatchObject({ code: "WORKER_BUSY", retry: { afterMs: 1_000 } });
  });

  test("an absurd advice is capped", async () => {
    server.answer(503, "", { "retry-after": "99999999" });
    await expect(ask()).rejects.toMatchObject({ code: "WORKER_BUSY", retry: { afterMs: 300_000 } });
  });

  test("a refused call is never sent again", async () => {
    server.answer(400, { code: "400", name: "WORKER_INPUT_MISMATCH", description: "does not hash" });
    await expect(ask()).rejects.toMatchObject({
      code: "WORKER_REJECTED",
      retry: "never",
      facts: { httpStatus: 400, reason: "WORKER_INPUT_MISMATCH", detail: "does not hash" },
    });
  });

  test("Infernet's refusals with status 200 count as well", async () => {
    server.answer(200, { code: "400", name: "Bad Request" });
    await expect(ask()).rejects.toThrow(error("WORKER_REJECTED", { httpStatus: 400 }));
    server.answer(200, { code: "503" });
    await expect(ask()).rejects.toThrow(error("WORKER_BUSY"));
  });

  test("a fault of the worker is retried, and its words are kept short", async () => {
    server.answer(500, { code: "500", name: "oops", description: `\u001b[2J${"é\n".repeat(5_000)}` });
    const caught = await ask().catch((reason: unknown) => reason);
    expect(caught).toEqual(error("WORKER_FAILED", { httpStatus: 500 }));
    expect(JSON.stringify(caught).length).toBeLessThan(1_500);
    expect(JSON.stringify(caught)).not.toContain("\\u001b");
  });
});

describe("connections", () => {
  test("no server", async () => {
    const gone = await startScriptedWorker();
    await gone.stop();
    await expect(ask({ url: gone.url })).rejects.toThrow(error("WORKER_UNREACHABLE"));
  });

  test("a worker that hangs up, before or in the middle of its answer", async () => {
    server.behave((response) => response.destroy());
    await expect(ask()).rejects.toThrow(error("WORKER_UNREACHABLE"));
    server.behave((response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write("{", () => response.destroy());
    });
    await expect(ask()).rejects.toThrow(error("WORKER_UNREACHABLE"));
  });

  test("a silent worker and a dribbling one run into the time limit", async () => {
    server.behave(() => undefined);
    await expect(ask({ timeoutMs: 100 })).rejects.toThrow(error("WORKER_TIMEOUT", { timeoutMs: 100 }));
    server.behave((response) => void response.writeHead(200).write("{"));
    await expect(ask({ timeoutMs: 100 })).rejects.toThrow(error("WORKER_TIMEOUT"));
  });

  test("the caller's signal ends the call and the connection", async () => {
    const before = server.hungUp();
    const controller = new AbortController();
    server.behave(() => controller.abort());
    await expect(ask({ signal: controller.signal })).rejects.toThrow(error("WORKER_CALL_ABORTED"));
    await waitFor(() => server.hungUp() > before);
    await expect(ask({ signal: AbortSignal.abort() })).rejects.toThrow(error("WORKER_CALL_ABORTED"));
  });
});
