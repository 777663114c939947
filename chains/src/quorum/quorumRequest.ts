import type { Log } from "@herald/wire/log";
import { z } from "zod";
import { agreeEstimate, agreeReached } from "./agreement.js";
import { Asker } from "./asker.js";
import { firstAcceptance } from "./broadcast.js";
import { callClasses, logList } from "./callClasses.js";
import { Heads } from "./heads.js";
import { data, quantity } from "./normalize.js";
import type { AskedProvider } from "./provider/jsonRpcProvider.js";
import { callUnsupported, type Question } from "./quorumErrors.js";
import type { QuorumEvent } from "./quorumEvents.js";
import { QuorumJournal } from "./quorumJournal.js";
import { currentRecorder, toExchange } from "./recordedReads.js";
import { TagAliases } from "./tagAliases.js";

/** A block, or what lies in one. */
const shownBlock = z.union([z.object({ number: quantity }), z.object({ blockNumber: quantity })]);
const byHash = z.object({ blockHash: data });
const byRange = z.object({ fromBlock: quantity, toBlock: quantity });
const rawTransaction = z.templateLiteral(["0x", z.string().regex(/^[0-9a-f]+$/i)]);

/** A call as viem makes it. */
export type Request = (call: { readonly method: string; readonly params?: unknown }) => Promise<unknown>;

/** The EIP-1193 request function of a quorum client. */
export function quorumRequest(parameters: {
  readonly chain: string;
  readonly chainId: number;
  readonly quorum: number;
  readonly providers: readonly AskedProvider[];
  readonly log: Log;
  readonly onEvent: ((event: QuorumEvent) => void) | undefined;
}): Request {
  const { chain, chainId, quorum, providers } = parameters;
  const journal = new QuorumJournal(parameters.log.child({ chain }), providers, parameters.onEvent);
  const asker = new Asker(providers, journal);
  const aliases = new TagAliases((provider, tag, number) => journal.noteTagAlias(chain, provider, tag, number));
  const heads = new Heads(asker, aliases);

  return async ({ method, params: given }) => {
    const params: readonly unknown[] = Array.isArray(given) ? given : [];
    const question: Question = { chain, chainId, quorum, method, params, asked: [] };
    try {
      const value = await answer(question);
      const shown = shownBlock.safeParse(method === "eth_blockNumber" ? { number: value } : value).data;
      if (shown !== undefined) heads.shown(BigInt("number" in shown ? shown.number : shown.blockNumber));
      return value;
    } finally {
      const exchanges = () => question.asked.map((it) => toExchange(it.method, it.params, it.answers));
      currentRecorder()?.read({ chain, method, params, exchanges: exchanges() });
    }
  };

  async function answer(question: Question): Promise<unknown> {
    const { method, params } = question;
    const call = callClasses[method];
    if (call === undefined) throw callUnsupported(question, `Use another method than ${method}.`);
    // What is signed goes out in any case: it was decided on before, and would only come later.
    if (call.kind === "broadcast") {
      const decide = firstAcceptance(question, rawTransaction.parse(params[0]));
      return await asker.ask(question, decide, { everyone: true });
    }
    await asker.pass();
    switch (call.kind) {
      case "exact":
        return await asker.askExactly(question, call, { holds: true });
      case "block":
        return await heads.read(question);
      case "logs":
        return await readLogs(question);
      case "state": {
        // Pools differ by nature: what at least m providers have in theirs is what a caller can rely on.
        if (method === "eth_getTransactionCount" && params[1] === "pending") {
          return await asker.ask(question, agreeReached(question));
        }
        return await heads.readPinned(question, call.at, (it) => asker.askExactly(it, call, { holds: true }));
      }
      case "call":
        return await heads.readPinned(question, call.at, (it) => asker.askExactly(it, call, {}));
      case "estimate": {
        // The dearest question to a node, so never put at a guessed head; a sender waits as long for the fees anyway.
        const pinned = await heads.withHash(question, call.at);
        return await asker.ask(pinned, agreeEstimate(pinned));
      }
      case "history":
        return await asker.askExactly(await heads.withNumber(question, call.at), call, { holds: true });
      case "reached":
        return await asker.ask(question, agreeReached(question));
    }
  }

  async function readLogs(question: Question): Promise<unknown> {
    const [filter] = question.params;
    if (!byHash.safeParse(filter).success) {
      const range = byRange.safeParse(filter).data;
      const fix = "Read logs by block hash, so that all providers speak of the same block, or a range up to finalized.";
      if (range === undefined) throw callUnsupported(question, fix);
      if (BigInt(range.toBlock) > (await heads.numberAt(question, "finalized"))) throw callUnsupported(question, fix);
    }
    return await asker.askExactly(question, { form: logList }, { holds: true });
  }
}
