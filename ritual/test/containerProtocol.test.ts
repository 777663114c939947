import { requestIdOf } from "@herald/wire/typedData";
import { describe, expect, test } from "vitest";
import {
  decodeAnswer,
  decodeCall,
  decodeRefusal,
  encodeAnswer,
  encodeCall,
  type InferenceAnswer,
} from "../src/infernet/containerProtocol.js";
import { addressOf, exampleCall } from "./exampleCall.js";

const call = exampleCall("language-detection", "fn main() {}");
const found: InferenceAnswer = {
  output: "0xc0ffee",
  signed: {
    answer: {
      id: requestIdOf(call, call.terms),
      status: 1,
      outputHash: `0x${"11".repeat(32)}`,
      evidenceHash: `0x${"22".repeat(32)}`,
      payee: addressOf("payee"),
      relayer: addressOf("relayer"),
    },
    signature: `0x${"33".repeat(64)}1b`,
    worker: addressOf("worker"),
  },
};

describe("request", () => {
  test("survives JSON and keeps its request id", () => {
    const read = decodeCall(JSON.parse(JSON.stringify(encodeCall(call))));
    expect(read).toEqual(call);
    expect(requestIdOf(read, read.terms)).toBe(requestIdOf(call, call.terms));
  });

  test("is an off-chain Infernet job whose bytes carry no 0x", () => {
    const body = encodeCall(call);
    expect(body).toMatchObject({
      source: 1,
      destination: 1,
      requires_proof: true,
      data: { version: 1, chain_id: 31_337 },
    });
    expect(JSON.stringify(body)).not.toContain("0x");
    expect(body.data.terms).toHaveLength(560);
    expect(encodeCall({ ...call, input: "0x" }).data.input).toBe("");
  });

  const body = encodeCall(call);
  test.each([
    ["null", null, "expected object"],
    ["a stream", { ...body, destination: 2 }, "destination"],
    ["an on-chain job's bare hex", { ...body, data: "00" }, "data"],
    ["another version", { ...body, data: { ...body.data, version: 2 } }, "version"],
    ["short terms", { ...body, data: { ...body.data, terms: "00" } }, "280 bytes"],
    ["a prefixed input", { ...body, data: { ...body.data, input: "0x00" } }, "without 0x"],
    ["half a byte", { ...body, data: { ...body.data, input: "abc" } }, "without 0x"],
    ["no relayer", { ...body, data: { ...body.data, relayer: undefined } }, "relayer"],
    ["a negative chain id", { ...body, data: { ...body.data, chain_id: -1 } }, "chain_id"],
  ])("is refused when it is %s", (_name, bad, problem) => {
    expect(() => decodeCall(bad)).toThrow(
      expect.objectContaining({
        code: "WORKER_CALL_MALFORMED",
        facts: expect.objectContaining({ problem: expect.stringContaining(problem) }),
      }),
    );
  });

  test("names every problem at once", () => {
    const bad = { ...body, source: 7, data: { ...body.data, gateway: "zz", relayer: "" } };
    expect(() => decodeCall(bad)).toThrow(
      expect.objectContaining({
        facts: expect.objectContaining({ problem: expect.stringMatching(/source.*gateway.*relayer/s) }),
      }),
    );
  });
});

describe("answer", () => {
  test("survives JSON", () => {
    expect(decodeAnswer(JSON.parse(JSON.stringify(encodeAnswer(found))))).toEqual(found);
  });

  test("has Infernet's five keys and a proof of 223 bytes", () => {
    const body = encodeAnswer(found);
    expect(Object.keys(body)).toEqual(["raw_input", "processed_input", "raw_output", "processed_output", "proof"]);
    expect(body.raw_output).toBe("c0ffee");
    expect(body.proof).toHaveLength(2 * 223);
    expect(body.proof.startsWith(`01${found.signed.answer.id.slice(2)}01`)).toBe(true);
  });

  const body = encodeAnswer(found);
  test.each([
    ["no object", "hello"],
    ["no proof", { ...body, proof: null }],
    ["a prefixed output", { ...body, raw_output: "0x00" }],
    ["a short proof", { ...body, proof: body.proof.slice(2) }],
    ["a long proof", { ...body, proof: `${body.proof}00` }],
    ["another version", { ...body, proof: `02${body.proof.slice(2)}` }],
  ])("is refused with %s", (_name, bad) => {
    expect(() => decodeAnswer(bad)).toThrow(expect.objectContaining({ code: "WORKER_ANSWER_MALFORMED" }));
  });
});

test("a refusal is told by its code, whatever type it has", () => {
  expect(decodeRefusal({ code: 400, name: "n" })).toEqual({ code: "400", name: "n" });
  expect(decodeRefusal({ code: "503" })).toEqual({ code: "503" });
  expect(decodeRefusal({ code: "200" })).toBeUndefined();
  expect(decodeRefusal(encodeAnswer(found))).toBeUndefined();
});
