import { evidenceHashOf } from "@herald/wire/evidence";
import { parseChainId, parseModelId } from "@herald/wire/ids";
import { answerTypedData, type GatewayRef, requestIdOf } from "@herald/wire/typedData";
import { bytesToHex, type Hex, keccak256, stringToHex, zeroAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { beforeAll, describe, expect, it } from "vitest";
import { type EvidenceEnvelope, encodeEvidence, MAX_ENVELOPE_BYTES } from "../src/evidenceEnvelope.js";
import { parseEvidence } from "../src/parseEvidence.js";
import { verifyEnvelope } from "../src/verifyEnvelope.js";
import { exampleEnvelope, exampleRef } from "./exampleEnvelope.js";

let envelope: EvidenceEnvelope;
beforeAll(async () => {
  envelope = await exampleEnvelope("Bonjour");
});
const code = (name: string) => expect.objectContaining({ code: name });
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (value: string) => new TextEncoder().encode(value);

describe("the encoding", () => {
  it("comes back the same", () => {
    expect(parseEvidence(encodeEvidence(envelope))).toEqual(envelope);
  });

  it("does not depend on the order of answers, of keys, or on the case of hex", () => {
    const other: EvidenceEnvelope = {
      ...envelope,
      relayer: { models: ["a"], attempt: 1 },
      answers: [...envelope.answers].reverse(),
      part: { ...envelope.part, output: upper(envelope.part.output) },
      ref: { chainId: exampleRef.chainId, gateway: lower(exampleRef.gateway) },
    };
    const same = { ...envelope, relayer: { attempt: 1, models: ["a"] } };
    expect(text(encodeEvidence(other))).toBe(text(encodeEvidence(same)));
  });

  it("is held by a digest", () => {
    // Everything in the example is fixed, ECDSA nonces included: a change here means old evidence no longer parses.
    expect(keccak256(encodeEvidence(envelope))).toMatchInlineSnapshot(
      `"0x7a77e8a498e1d26a2154f94e3d63e293e1043c43a8d878dcf8d7a8a01f7804c2"`,
    );
  });

  it("has a limit", async () => {
    const large = { ...envelope, input: bytesToHex(new Uint8Array(MAX_ENVELOPE_BYTES / 2)) };
    expect(() => encodeEvidence(large)).toThrow(code("DA_ENVELOPE_TOO_LARGE"));
    expect(() => parseEvidence(new Uint8Array(MAX_ENVELOPE_BYTES + 1))).toThrow(code("DA_ENVELOPE_MALFORMED"));
  });

  it.each<[string, (json: string) => Uint8Array]>([
    ["white space", (json) => bytes(`${json} `)],
    ["another version", (json) => bytes(json.replace('"v":1', '"v":2'))],
    ["an unknown field", (json) => bytes(json.replace('"v":1', '"v":1,"x":1'))],
    [
      "upper-case hex",
      (json) => bytes(json.replace(/"input":"0x(.*?)"/, (_, hex: string) => `"input":"0x${hex.toUpperCase()}"`)),
    ],
    ["a number as text", (json) => bytes(json.replace('"deadline":', '"deadline":0'))],
    ["a fee of more than 96 bits", (json) => bytes(json.replace('"workerFee":"1000"', `"workerFee":"${1n << 96n}"`))],
    ["a short address", (json) => bytes(json.replace(/"payee":"0x../, '"payee":"0x'))],
    ["no answers", (json) => bytes(json.replace(/"answers":\[.*?\}\]/, '"answers":[]'))],
    ["invalid UTF-8", (json) => Uint8Array.of(...bytes(json), 0xff)],
    ["something else", () => bytes("null")],
    ["nothing", () => new Uint8Array()],
  ])("refuses %s", (_, change) => {
    const json = text(encodeEvidence(envelope));
    const changed = change(json);
    expect(text(changed)).not.toBe(json);
    expect(() => parseEvidence(changed)).toThrow(code("DA_ENVELOPE_MALFORMED"));
  });
});

describe("verification", () => {
  const fails = (check: string) =>
    expect.objectContaining({ code: "DA_EVIDENCE_MISMATCH", facts: expect.objectContaining({ check }) });
  const verify = (change: Partial<EvidenceEnvelope> = {}, ref: GatewayRef = exampleRef) =>
    verifyEnvelope({ ...envelope, ...change }, ref);

  it("accepts what the workers signed", async () => {
    await expect(verify()).resolves.toBeUndefined();
  });

  it("names the first thing that does not fit", async () => {
    const { terms, part, answers } = envelope;
    const other = keccak256("0x01");
    await expect(verify({}, { ...exampleRef, chainId: parseChainId(5) })).rejects.toEqual(fails("chain"));
    await expect(verify({}, { ...exampleRef, gateway: zeroAddress })).rejects.toEqual(fails("gateway"));
    await expect(verify({ terms: { ...terms, workerFee: 1n } })).rejects.toEqual(fails("request id"));
    await expect(verify({ part: { ...part, modelId: parseModelId(other) } })).rejects.toEqual(fails("model"));
    await expect(verify({ context: "0x01" })).rejects.toEqual(fails("context hash"));
    await expect(verify({ input: "0x01" })).rejects.toEqual(fails("input hash"));
    await expect(verify({ part: { ...part, output: "0x01" } })).rejects.toEqual(fails("output hash"));
    await expect(verify({ part: { ...part, proof: "0x01" } })).rejects.toEqual(fails("evidence hash"));
    await expect(verify({ answers: [] })).rejects.toEqual(fails("answers"));
    await expect(verify({ answers: [...answers, ...answers] })).rejects.toEqual(fails("workers"));
  });

  it("checks every signature", async () => {
    const [first, second] = envelope.answers;
    if (first === undefined || second === undefined) throw new Error("the example has two answers");
    const forged = [
      { ...first, worker: zeroAddress },
      { ...first, signature: second.signature },
      { ...first, signature: `0x${"00".repeat(65)}` as Hex },
      { ...first, answer: { ...first.answer, payee: zeroAddress } },
    ];
    for (const answer of forged)
      await expect(verify({ answers: [second, answer] })).rejects.toEqual(fails("signature"));
  });

  it("does not mix answers that say different things", async () => {
    const [first, second] = envelope.answers;
    if (first === undefined || second === undefined) throw new Error("the example has two answers");
    const declined = await resign({ ...second.answer, status: 4 });
    await expect(verify({ answers: [first, declined] })).rejects.toEqual(fails("status"));
    const elsewhere = await resign({ ...second.answer, relayer: zeroAddress });
    await expect(verify({ answers: [first, elsewhere] })).rejects.toEqual(fails("relayer"));
    const anotherRequest = await resign({
      ...second.answer,
      id: requestIdOf(exampleRef, { ...envelope.terms, policyId: 9 }),
    });
    await expect(verify({ answers: [first, anotherRequest] })).rejects.toEqual(fails("answered request"));
  });

  it("binds the evidence hash to the part", () => {
    expect(envelope.answers[0]?.answer.evidenceHash).toBe(evidenceHashOf(envelope.part));
    expect(envelope.part.output).toBe(stringToHex("Bonjour"));
  });

  async function resign(answer: EvidenceEnvelope["answers"][number]["answer"]) {
    const account = privateKeyToAccount(keccak256(stringToHex("another worker")));
    return {
      answer,
      worker: account.address,
      signature: await account.signTypedData(answerTypedData(exampleRef, answer)),
    };
  }
});

// CAST: hex in another case is hex.
const upper = (hex: Hex) => `0x${hex.slice(2).toUpperCase()}` as Hex;
const lower = (hex: Hex) => hex.toLowerCase() as Hex;
