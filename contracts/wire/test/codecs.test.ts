import { type Hex, toHex } from "viem";
import { describe, expect, test } from "vitest";
import { decodeResultsBody, encodeResultsBody } from "../src/body.js";
import { canonicalJson } from "../src/canonicalJson.js";
import { formatError, HeraldError, redactUrl } from "../src/errors.js";
import { parseAddress, parseChainId, parseDomain, parseRequestId } from "../src/ids.js";
import { decodeResultItem, encodeAttestedProof, encodeResultItem } from "../src/result.js";
import { decodeStateWord } from "../src/stateWord.js";
import { decodeTerms, encodeTerms, type Terms } from "../src/terms.js";

/** Small seeded generator (mulberry32), so that a failure can be run again from its seed. */
function seeded(seed: number): (below: number) => number {
  let a = seed;
  return (below) => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

function bytes(random: (below: number) => number, length: number): Hex {
  return toHex(Uint8Array.from({ length }, () => random(256)));
}

function randomTerms(random: (below: number) => number): Terms {
  return decodeTerms(bytes(random, 280));
}

describe("codecs over seeded random values", () => {
  test.each(Array.from({ length: 200 }, (_, seed) => seed))("seed %i: item and body survive the round trip", (seed) => {
    const random = seeded(seed);
    const item = {
      terms: randomTerms(random),
      status: random(256),
      outputHash: bytes(random, 32),
      evidenceHash: bytes(random, 32),
      relayer: parseAddress(bytes(random, 20)),
      context: bytes(random, random(100)),
      output: bytes(random, random(1000)),
      proof: bytes(random, random(300)),
    };
    const packed = encodeResultItem(item);
    expect(decodeResultItem(packed)).toEqual(item);
    expect(decodeTerms(encodeTerms(item.terms))).toEqual(item.terms);
    const body = encodeResultsBody([packed, packed.slice(0, 2 + 2 * random(100)) as Hex]);
    expect(decodeResultsBody(body)[0]).toBe(packed);
    // Every truncation and every extension is refused: no byte is silently ignored.
    const cut = (2 + 2 * random((packed.length - 2) / 2)) as number;
    expect(() => decodeResultItem(packed.slice(0, cut) as Hex)).toThrow(/form they claim/);
    expect(() => decodeResultItem(`${packed}00`)).toThrow(/form they claim/);
    expect(() => decodeResultsBody(`${body}00`)).toThrow(/form they claim/);
  });
});

describe("refusals", () => {
  test("ids, addresses, chain ids and domains are checked", () => {
    expect(() => parseRequestId("0x12")).toThrow(HeraldError);
    expect(() => parseRequestId(5)).toThrow(HeraldError);
    expect(() => parseAddress("0x123")).toThrow(HeraldError);
    expect(() => parseChainId(0)).toThrow(HeraldError);
    expect(() => parseDomain(2 ** 32)).toThrow(HeraldError);
    expect(parseRequestId(`0x${"AB".repeat(32)}`)).toBe(`0x${"ab".repeat(32)}`);
  });

  test("a body of another version or type is named, not misread", () => {
    expect(() => decodeResultsBody("0x02010000")).toThrow(/does not know/);
    expect(() => decodeResultsBody("0x01020000")).toThrow(/does not know/);
    expect(() => encodeResultsBody([])).toThrow(/at least one/);
  });

  test("one key cannot vote twice", () => {
    const vote = {
      signer: parseAddress(`0x${"11".repeat(20)}`),
      payee: parseAddress(`0x${"22".repeat(20)}`),
      signature: toHex(1n, { size: 65 }),
    };
    expect(() => encodeAttestedProof([vote, vote])).toThrow(/twice/);
    expect(() => encodeAttestedProof([{ ...vote, signature: "0x00" }])).toThrow(/form they claim/);
  });

  test("hashes and addresses of another length are refused", () => {
    const good = {
      terms: randomTerms(seeded(2)),
      status: 1,
      outputHash: toHex(1n, { size: 32 }),
      evidenceHash: toHex(2n, { size: 32 }),
      relayer: toHex(3n, { size: 20 }),
      context: "0x" as const,
      output: "0x" as const,
      proof: "0x" as const,
    };
    expect(decodeResultItem(encodeResultItem(good))).toMatchObject({ status: 1, output: "0x" });
    for (const field of ["outputHash", "evidenceHash", "relayer"]) {
      expect(() => encodeResultItem({ ...good, [field]: "0x01" })).toThrow(/form they claim/);
    }
  });

  test("a state of a later gateway is refused", () => {
    expect(() => decodeStateWord(9n)).toThrow(/does not know/);
  });

  test("terms that do not fit their widths are refused", () => {
    const terms = randomTerms(seeded(1));
    expect(() => encodeTerms({ ...terms, workerFee: 2n ** 96n })).toThrow(/do not fit/);
    expect(() => encodeTerms({ ...terms, salt: "0x01" })).toThrow(/do not fit/);
  });
});

describe("canonical JSON", () => {
  test("sorts keys by UTF-16 units and prints numbers as RFC 8785 section 3.2.2 does", () => {
    // The example of RFC 8785, section 3.2.3.
    expect(
      canonicalJson(
        JSON.parse(
          '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"literals":[null,true,false]}',
        ),
      ),
    ).toBe('{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27]}');
  });
});

describe("errors", () => {
  test("render code, sentence, aligned facts, fix and cause", () => {
    const error = new HeraldError({
      code: "TEST_CASE",
      message: "Something is off.",
      facts: { requestId: "0x01", sent: 5n },
      fix: "Send 6.",
      actor: "user",
      retry: "never",
      cause: new Error("inner"),
    });
    expect(formatError(error)).toMatchInlineSnapshot(`
      "TEST_CASE  Something is off.

        requestId  0x01
        sent       5

      Fix: Send 6.
      Cause: Error: inner"
    `);
  });

  test("URLs lose their credentials", () => {
    expect(redactUrl("https://user:pw@rpc.example/v2/abcdefghijklmnopqrstuvwxyz?key=1")).toBe(
      "https://rpc.example/v2/***?***",
    );
  });
});
