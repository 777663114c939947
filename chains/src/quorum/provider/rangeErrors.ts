import type { Answer } from "../answer.js";

// What providers say when a range of blocks holds too much, each seen in the wild: Alchemy, Ankr, Arbitrum, Base, BlockPI, Blast, Chainstack,
// Cloudflare, Coinbase, erigon, geth forks, Infura, LlamaRPC, Moonbeam, op-node's proxyd, PublicNode, QuickNode, reth, Tenderly, zkSync, 1RPC.
const TOO_MUCH = [
  /block range/i,
  /range (is )?(too (large|wide)|\d+ (is bigger than|exceeds))/i,
  /exceeds? .*range|range limit|max range/i,
  /query returned more than|(exceeds?|more than) (the )?(max(imum)? )?(number of )?results/i,
  /logs matched by query exceeds limit/i,
  /response (size|is too|too large)|too many (logs|results)/i,
  /limited to (a )?[\d,.]+ (block|range)|limit the query to/i,
  /query (timeout|timed out|duration)/i,
];

// Where they say how many blocks are fine.
const NAMED_LIMIT = [
  /(?:limited to|up to|at most|maximum|max(?:imum)? (?:block )?range|limit of|range limit)(?: is| of| a|:| =|s)* ([\d,.]+)/i,
  /\d+ > (\d+)/,
];
const NAMED_RANGE = /\[\s*(0x[0-9a-f]+)\s*,\s*(0x[0-9a-f]+)\s*\]/i;

/** If a provider refused a range for its size: with the number of blocks it would take, where it says so. */
export function rangeProblem(answer: Answer): { readonly maxBlocks: bigint | undefined } | undefined {
  const text = textOf(answer);
  if (text === undefined || !TOO_MUCH.some((pattern) => pattern.test(text))) return undefined;
  return { maxBlocks: namedRange(text) ?? namedLimit(text) };
}

function textOf(answer: Answer): string | undefined {
  // Tenderly tells in the data.
  if (answer.kind === "refusal") return `${answer.message} ${JSON.stringify(answer.data) ?? ""}`;
  return answer.kind === "silence" && answer.cause === "unable" ? answer.reason : undefined;
}

function namedRange(text: string): bigint | undefined {
  const [, from, to] = NAMED_RANGE.exec(text) ?? [];
  if (from === undefined || to === undefined || BigInt(to) < BigInt(from)) return undefined;
  return BigInt(to) - BigInt(from) + 1n;
}

function namedLimit(text: string): bigint | undefined {
  // A number of results or bytes is no number of blocks.
  if (/results|bytes|logs matched/i.test(text)) return undefined;
  const [number] = NAMED_LIMIT.flatMap((pattern) => pattern.exec(text)?.[1] ?? []);
  const digits = number?.replace(/[,.]/g, "");
  return digits === undefined || digits === "" || BigInt(digits) === 0n ? undefined : BigInt(digits);
}
