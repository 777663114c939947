import { createQuorumClient, type QuorumClient } from "@herald/chains/quorum/quorumClient";
import type { QuorumEvent } from "@herald/chains/quorum/quorumEvents";
import { createTransactionSender, type TransactionSender } from "@herald/chains/send/transactionSender";
import type { HubValidator } from "@herald/workflows/effects/deliveryWriter";
import type { Address } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import type { RelayerConfig } from "../config/relayerConfig.js";
import { SqlTransactions } from "../store/sqlTransactions.js";
import type { SharedParts } from "./sharedParts.js";

/** What the lanes share of the hub chain. */
export interface HubParts {
  readonly name: string;
  readonly domain: number;
  readonly client: QuorumClient;
  readonly account: PrivateKeyAccount;
  readonly sender: TransactionSender;
  readonly resultHub: Address;
  readonly merkleTreeHook: Address;
  readonly validators: readonly HubValidator[];
}

/** Builds the hub's parts; nothing is read or sent before somebody uses them. */
export function hubParts(
  { store, log, signal, keepDisagreement }: SharedParts,
  hub: RelayerConfig["hub"],
  account: PrivateKeyAccount,
): HubParts {
  const { name, chainId, domain, resultHub, merkleTreeHook, validators } = hub;
  const onEvent = (event: QuorumEvent): void => {
    if (event.type === "disagreement") keepDisagreement(event);
  };
  const client = createQuorumClient({ ...hub, chain: name, log, onEvent });
  const sender = createTransactionSender({
    chain: name,
    chainId,
    client,
    account,
    store: new SqlTransactions(store),
    limits: hub.spending,
    log,
    signal,
  });
  return { name, domain, client, account, sender, resultHub, merkleTreeHook, validators };
}
