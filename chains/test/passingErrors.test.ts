import { describe, expect, test } from "vitest";
import { isLimit, isPassing } from "../src/quorum/provider/passingErrors.js";
import { parseEnvelope, parseRetryAfter, readFailure, readReply } from "../src/quorum/provider/readReply.js";

function answerTo(error: unknown, retryAfter: string | null = null) {
  const reply = parseEnvelope({ jsonrpc: "2.0", id: 1, error });
  if (reply === undefined) throw new Error("not a reply");
  return readReply("p", reply, () => "raw", retryAfter);
}

describe("being asked too often", () => {
  test.each([
    ["Alchemy", 429, "Your app has exceeded its compute units per second capacity. If you have retries enabled, …"],
    ["Infura", -32005, "daily request count exceeded, request rate limited"],
    ["QuickNode", -32007, "50/second request limit reached - reduce calls per second or upgrade your account"],
    ["Tenderly", -32005, "rate limit exceeded"],
    ["a gateway", -32000, "Too Many Requests"],
  ])("is recognised as %s says it", (_, code, message) => {
    expect(answerTo({ code, message })).toMatchObject({ kind: "silence", cause: "limited" });
  });

  test.each([
    ["a range that holds too much", -32005, "query returned more than 10000 results"],
    ["a range that is too long", -32602, "Block range limit exceeded."],
    ["a contract that says so", 3, "execution reverted: rate limit exceeded"],
  ])("is not %s", (_, code, message) => {
    expect(isLimit(code, message)).toBe(false);
  });

  test("comes with how long to wait: in the header, as a date, or in Infura's data", () => {
    const limit = { code: -32005, message: "rate limit exceeded" };
    expect(answerTo(limit, "3")).toMatchObject({ retryAfterMs: 3_000 });
    const data = { rate: { allowed_rps: 1, backoff_seconds: 24, current_rps: 2.2 } };
    expect(answerTo({ ...limit, data })).toMatchObject({ retryAfterMs: 24_000 });
    expect(answerTo(limit)).not.toHaveProperty("retryAfterMs");
    const now = Date.parse("2026-11-25T03:00:00Z");
    expect(parseRetryAfter("Wed, 25 Nov 2026 03:00:07 GMT", now)).toBe(7_000);
    expect(parseRetryAfter("Wed, 25 Nov 2026 02:00:00 GMT", now)).toBe(0);
    expect(parseRetryAfter("soon", now)).toBeUndefined();
  });

  test("over HTTP needs no JSON", () => {
    const page = { status: 429, body: "<html>slow down</html>", retryAfter: "1" };
    expect(readFailure("p", page)).toMatchObject({ cause: "limited", retryAfterMs: 1_000 });
    expect(readFailure("p", { ...page, status: 502 })).toMatchObject({ cause: "unreachable" });
    expect(readFailure("p", { ...page, status: 404 })).toMatchObject({ cause: "unable" });
  });
});

describe("errors that say nothing about the chain", () => {
  test.each([
    [-32601, "the method eth_getProof does not exist"],
    [-32000, "header not found"],
    [-32001, "block not found: 0x1"],
    [-32000, "missing trie node 1f2e… state is not available"],
    [-32000, "request timed out"],
  ])("%i %s", (code, message) => {
    expect(isPassing(code, message)).toBe(true);
    expect(answerTo({ code, message })).toMatchObject({ kind: "silence", cause: "unable" });
  });

  test("are not what the chain itself says", () => {
    expect(answerTo({ code: 3, message: "execution reverted: busy", data: "0x08c379a0" })).toMatchObject({
      kind: "refusal",
    });
    expect(answerTo({ code: -32000, message: "nonce too low" })).toMatchObject({ kind: "refusal" });
  });
});
