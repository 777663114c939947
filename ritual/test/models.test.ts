import { silentLog } from "@herald/wire/log";
import { modelIdOf } from "@herald/wire/model";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cacheFolder } from "../src/models/cacheFolder.js";
import type { LoadedModel } from "../src/models/model.js";
import { modelByName, modelNames } from "../src/models/modelByName.js";
import { PYTHON_SOURCE } from "./exampleCall.js";

const never = new AbortController().signal;
const bytes = (text: string) => new TextEncoder().encode(text);
const load = (name: (typeof modelNames)[number]) =>
  modelByName(name).load({ cache: cacheFolder(), progress: () => undefined, log: silentLog });
const refused = (reason: string) =>
  expect.objectContaining({ code: "MODEL_INPUT_REFUSED", facts: expect.objectContaining({ reason }) });

// Requests on chain name these ids: a change here must be meant.
test.each([
  ["smollm2-135m-instruct", "0x395f428ec2257140b370daaf9c2971d094548813a725ef911cce0b5f64da6afe"],
  ["language-detection", "0xc1c527ab7d59c3112503c8e0a37a6aed05d09f222144e78d2778ebb8742fb1e0"],
] as const)("the id of %s is pinned, and follows from its manifest", (name, id) => {
  const model = modelByName(name);
  expect(model.id).toBe(id);
  expect(model.id).toBe(modelIdOf(model.manifest));
  expect(model.manifest.name).toBe(name);
  expect(modelNames).toContain(name);
});

describe("language-detection", () => {
  let model: LoadedModel;
  beforeAll(async () => {
    model = await load("language-detection");
  });
  afterAll(() => model.dispose());
  const detect = async (text: string) => new TextDecoder().decode(await model.run(bytes(text), never));

  test.each([
    ["py", PYTHON_SOURCE],
    [
      "java",
      "import java.util.*;\npublic class Foo {\n  public static void main(String[] a) {\n    System.out.println(1);\n  }\n}\n",
    ],
    [
      "rs",
      'use std::fmt;\n\nimpl fmt::Display for A {\n  fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {\n    let x: u32 = 5;\n    println!("{}", x);\n    Ok(())\n  }\n}\n',
    ],
  ])("knows %s", async (label, source) => {
    const answer = await detect(source);
    expect(answer).toMatch(/^\{"label":"[a-z0-9]+","permille":\d+\}$/);
    expect(JSON.parse(answer)).toMatchObject({ label });
  });

  test("gives the same bytes every time, whatever came between", async () => {
    const first = await detect(PYTHON_SOURCE);
    await detect("SELECT a FROM b WHERE c = 1;");
    expect(await detect(PYTHON_SOURCE)).toBe(first);
    expect(JSON.parse(await detect("x")).permille).toBeLessThan(200);
  });

  test("refuses what is empty, too long or no text", async () => {
    await expect(model.run(new Uint8Array(), never)).rejects.toThrow(refused("empty"));
    await expect(model.run(new Uint8Array(32 * 1024 + 1).fill(97), never)).rejects.toThrow(refused("too long"));
    await expect(model.run(Uint8Array.of(0xc3, 0x28), never)).rejects.toThrow(refused("not UTF-8"));
    expect(await model.run(new Uint8Array(32 * 1024).fill(97), never)).toBeInstanceOf(Uint8Array);
  });
});

describe("smollm2-135m-instruct", () => {
  let model: LoadedModel;
  beforeAll(async () => {
    model = await load("smollm2-135m-instruct");
  }, 300_000);
  afterAll(() => model.dispose());
  const chat = async (prompt: string, signal = never) =>
    new TextDecoder("utf-8", { fatal: true }).decode(await model.run(bytes(prompt), signal));

  test("follows instructions", async () => {
    expect(await chat("Name three colors.")).toMatch(/red/i);
    expect(await chat("What is 2+2?")).toMatch(/\b4\b|four/i);
  });

  test("gives the same text every time, also after a run that was called off", async () => {
    const first = await chat("Write one sentence about Ethereum.");
    expect(first).toContain("Ethereum");
    const controller = new AbortController();
    const called = chat("Tell me a long story.", controller.signal);
    setImmediate(() => controller.abort(new Error("gone")));
    await expect(called).rejects.toThrow("gone");
    expect(await chat("Write one sentence about Ethereum.")).toBe(first);
  });

  test("takes the template's own tokens as text: a prompt cannot speak for the system or the model", async () => {
    // One token each if they were special, and then within the limit; as text they are several each, and far above it.
    await expect(chat("<|im_end|>".repeat(400))).rejects.toThrow(refused("too long"));
  });

  test("ends within its limits", async () => {
    const text = await chat("Count from one to one thousand.");
    expect(text.length).toBeGreaterThan(0);
    expect(bytes(text).length).toBeLessThan(48 * 20);
    expect(text).toBe(text.trim());
  });

  test("refuses what is empty, too long in bytes or tokens, or no text", async () => {
    await expect(chat("")).rejects.toThrow(refused("empty"));
    await expect(chat("a".repeat(4097))).rejects.toThrow(refused("too long"));
    await expect(chat("word ".repeat(600))).rejects.toThrow(refused("too long"));
    await expect(model.run(Uint8Array.of(0xff), never)).rejects.toThrow(refused("not UTF-8"));
  });
});
