import { readFileSync } from "node:fs";
import type { Hex } from "viem";
import { describe, expect, test } from "vitest";
import { decodeResultsBody, encodeResultsBody } from "../src/body.js";
import { parseChainId } from "../src/ids.js";
import { decodeAttestedProof, decodeResultItem, encodeResultItem } from "../src/result.js";
import { decodeStateWord } from "../src/stateWord.js";
import { decodeTerms, encodeTerms, TERMS_LENGTH, type TermsJson, termsFromJson } from "../src/terms.js";
import { requestIdOf } from "../src/typedData.js";
// @ts-expect-error the builder is plain JavaScript, so that it also runs before anything is typed
import { buildVectors } from "../vectors/build.mjs";

const file = new URL("../../vectors/wire.json", import.meta.url);
const vectors = JSON.parse(readFileSync(file, "utf8"));
const ref = { chainId: parseChainId(vectors.domain.chainId), gateway: vectors.domain.gateway };

describe("golden vectors", () => {
  test("the recorded file is what the code produces today", async () => {
    expect(JSON.parse(JSON.stringify(await buildVectors()))).toEqual(vectors);
  });

  test.each(vectors.terms.map((it: TermsJson & { packed: Hex; id: Hex }, i: number) => [i, it] as const))(
    "terms %i pack, unpack and hash",
    (_i, { packed, id, input: _input, context: _context, ...json }) => {
      const terms = termsFromJson(json);
      expect(encodeTerms(terms)).toBe(packed);
      expect((packed.length - 2) / 2).toBe(TERMS_LENGTH);
      expect(decodeTerms(packed)).toEqual(terms);
      expect(requestIdOf(ref, terms)).toBe(id);
    },
  );

  test("result items unpack to their parts and pack again", () => {
    for (const item of vectors.items) {
      const decoded = decodeResultItem(item.packed);
      expect(decoded.terms).toEqual(decodeTerms(vectors.terms[item.terms].packed));
      expect(decoded).toMatchObject({
        status: item.status,
        output: item.output,
        context: item.context,
        proof: item.proof,
      });
      expect(encodeResultItem(decoded)).toBe(item.packed);
      expect(decodeAttestedProof(item.proof)).toHaveLength(item.answers.length);
    }
  });

  test("bodies frame items and give them back", () => {
    for (const body of vectors.bodies) {
      expect(encodeResultsBody(body.items)).toBe(body.packed);
      expect(decodeResultsBody(body.packed)).toEqual(body.items);
    }
  });

  test("state words decode", () => {
    const [open, delivered, expired] = vectors.stateWords;
    expect(decodeStateWord(BigInt(open.word))).toEqual({
      state: "open",
      closeAt: open.closeAt,
      topUp: BigInt(open.topUp),
    });
    for (const it of [delivered, expired]) {
      expect(decodeStateWord(BigInt(it.word))).toEqual({
        state: it.state,
        callbackFailed: it.callbackFailed,
        outputAwaited: false,
        disputed: false,
        finalAt: it.finalAt,
        digest: BigInt(it.digest),
      });
    }
    expect(decodeStateWord(0n)).toEqual({ state: "none" });
  });
});
