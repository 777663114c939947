import { expect, test } from "vitest";
import { formatStatus } from "../src/cli/status.js";

const well = { latencyMs: 12.4, failures: 0, outvotedLately: false, circuit: "closed", pausedMs: 0 } as const;

test("a relayer that is well is told in a few lines", () => {
  const status = { problems: [], open: {}, providers: { base: [{ name: "p0", ...well }] }, tagAliases: [] };
  expect(formatStatus(status)).toBe(
    [
      "The relayer is well.",
      "Open requests: none",
      "",
      "chain  provider  latency  failed  standing",
      "base   p0        12 ms    0 %     well",
    ].join("\n"),
  );
});

test("what is wrong with a provider is said in words, and what is open by chain", () => {
  const text = formatStatus({
    problems: ["chain base: CHAIN_QUORUM_UNAVAILABLE: Too few providers of a chain answered."],
    open: { base: 2, arbitrum: 1 },
    providers: {
      base: [
        { name: "liar", ...well, outvotedLately: true },
        { name: "dead", ...well, failures: 0.996, circuit: "open", pausedMs: 4_000 },
        { name: "busy", ...well, failures: 0.2, pausedMs: 29_600 },
      ],
      hub: [{ name: "liar", ...well }],
    },
    tagAliases: [{ type: "tagAlias", chain: "base", provider: "liar", tag: "finalized", number: 7, at: 0 }],
  });
  expect(text).toContain("  chain base: CHAIN_QUORUM_UNAVAILABLE: Too few providers of a chain answered.\n");
  expect(text).toContain("Open requests: 2 on base, 1 on arbitrum\n");
  const lines = text.split("\n");
  expect(lines.find((it) => it.startsWith("base") && it.includes("liar"))).toMatch(
    /outvoted lately: it said something else than the others; answers finalized with its latest block$/,
  );
  expect(lines.find((it) => it.includes("dead"))).toMatch(/100 % +not asked: it failed five times in a row$/);
  expect(lines.find((it) => it.includes("busy"))).toMatch(/20 % +left alone for 30 s, as it asked for$/);
  expect(lines.find((it) => it.startsWith("hub"))).toMatch(/well$/);
});
