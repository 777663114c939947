// A process of its own, so that its memory is what delivering takes: the relayer's parts for delivery, on its store, and nothing else.
import { setMaxListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { deliverMessage } from "@herald/chains/hyperlane/deliverMessage";
import type { DispatchedMessage } from "@herald/chains/hyperlane/dispatchedMessages";
import { createOriginTree } from "@herald/chains/hyperlane/originTree";
import { createQuorumClient } from "@herald/chains/quorum/quorumClient";
import { createTransactionSender } from "@herald/chains/send/transactionSender";
import { openStore } from "@herald/relayer/store/openStore";
import { SqlTransactions } from "@herald/relayer/store/sqlTransactions";
import { formatError, isHeraldError } from "@herald/wire/errors";
import { silentLog as log } from "@herald/wire/log";
import type { Address, Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";

interface EngineChain {
  readonly chainId: number;
  readonly mailbox: Address;
  readonly merkleTreeHook: Address;
  readonly providers: readonly { readonly name: string; readonly url: string }[];
}

/** What the engine is told; the first word is `start`. */
export type EngineOrder =
  | {
      readonly type: "start";
      readonly hub: EngineChain;
      readonly origin: EngineChain;
      readonly relayerKey: Hex;
      readonly storeFile: string;
      /** Storage locations by validator address. */
      readonly locations: Readonly<Record<string, string>>;
    }
  | { readonly type: "deliver"; readonly messages: readonly DispatchedMessage[] }
  /** Gives up what is not delivered. */
  | { readonly type: "abandon" };

/** What the engine says: that it is ready; that a message is delivered and final, or was given up, and why it failed last. */
export type EngineReport =
  | { readonly type: "ready" }
  | { readonly type: "ended"; readonly messageId: Hex; readonly failure: string | undefined };

const report = (it: EngineReport): void => void process.send?.(it);
process.once("disconnect", () => process.exit());
// CAST: the benchmark sends nothing else.
process.once("message", (order) => void start(order as Extract<EngineOrder, { type: "start" }>));

async function start(order: Extract<EngineOrder, { type: "start" }>): Promise<void> {
  const { hub, origin, locations } = order;
  const { signal } = new AbortController();
  const account = privateKeyToAccount(order.relayerKey);
  const client = createQuorumClient({ ...origin, chain: "origin", quorum: 2, log });
  const hubClient = createQuorumClient({ ...hub, chain: "hub", quorum: 2, log });
  const originTree = createOriginTree({ client: hubClient, merkleTreeHook: hub.merkleTreeHook });
  const store = new SqlTransactions(await openStore(order.storeFile));
  const { chainId, mailbox } = origin;
  const sender = createTransactionSender({ chain: "origin", chainId, client, account, store, log, signal });
  let burst = new AbortController();

  async function deliver(message: DispatchedMessage, given: AbortSignal): Promise<string | undefined> {
    for (let failure: unknown; ; ) {
      try {
        await deliverMessage({
          ...{ client, mailbox, message, originDomain: hub.chainId, merkleTreeHook: hub.merkleTreeHook, locations },
          ...{ originTree, sender, relayer: account.address, finality: { type: "safe" }, log, signal: given },
        });
        return undefined;
      } catch (error) {
        if (given.aborted) return formatError(failure ?? error);
        failure = error;
        const retry = isHeraldError(error) ? error.retry : "never";
        if (retry === "never") return formatError(error);
        // Given up meanwhile: the next attempt says so.
        await delay(retry === "now" ? 0 : retry.afterMs, undefined, { signal: given }).catch(() => undefined);
      }
    }
  }

  process.on("message", (told) => {
    // CAST: the benchmark sends nothing else.
    const next = told as EngineOrder;
    if (next.type === "abandon") burst.abort();
    if (next.type !== "deliver") return;
    burst = new AbortController();
    // Every message of the burst waits with it.
    setMaxListeners(0, burst.signal);
    for (const message of next.messages) {
      const { messageId } = message;
      void deliver(message, burst.signal).then((failure) => report({ type: "ended", messageId, failure }));
    }
  });
  report({ type: "ready" });
}
