import { createQuorumClient, type QuorumClient } from "@herald/chains/quorum/quorumClient";
import type { Disagreement, TagAlias } from "@herald/chains/quorum/quorumEvents";
import { createTransactionSender } from "@herald/chains/send/transactionSender";
import { type WatcherState, watchGateway } from "@herald/chains/watch/gatewayWatcher";
import { readTransactionEvents } from "@herald/chains/watch/transactionEvents";
import { parseChainId } from "@herald/wire/ids";
import { deliveryWriter } from "@herald/workflows/effects/deliveryWriter";
import { finalizeWriter } from "@herald/workflows/effects/finalizeWriter";
import { refundWriter } from "@herald/workflows/effects/refundWriter";
import { resultWriter } from "@herald/workflows/effects/resultWriter";
import { revealWriter } from "@herald/workflows/effects/revealWriter";
import type { EffectWriter } from "@herald/workflows/effects/writerLoop";
import type { Inference } from "@herald/workflows/flows/contract";
import type { Address } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import type { OriginConfig } from "../config/relayerConfig.js";
import { createPoker } from "../infernet/createPoker.js";
import { SqlTransactions } from "../store/sqlTransactions.js";
import type { TransactionReader } from "./handIntake.js";
import type { Problem } from "./health.js";
import type { HubParts } from "./hubParts.js";
import { LaneEvents } from "./laneEvents.js";
import { createPolicyBook } from "./policyBook.js";
import type { SharedParts } from "./sharedParts.js";
import type { RuleSource } from "./workerRules.js";

/** Everything that serves one origin chain. */
export interface OriginParts extends RuleSource, TransactionReader {
  readonly client: QuorumClient;
  readonly account: PrivateKeyAccount;
  readonly writers: readonly EffectWriter[];
  /** Providers found to answer `safe` or `finalized` with their latest block. */
  tagAliases(): readonly TagAlias[];
  /** Watches the gateway until the signal. */
  watch(): Promise<void>;
  /** Asks the intervals of each configured Infernet coordinator until the signal. */
  readonly pokers: readonly { readonly coordinator: Address; run(): Promise<void> }[];
}

/** Builds the parts of one origin chain; nothing is read or sent before they run. */
export function originParts(
  shared: SharedParts,
  hub: HubParts,
  parameters: {
    readonly name: string;
    readonly origin: OriginConfig;
    readonly account: PrivateKeyAccount;
    readonly decided: (requestId: string) => Promise<Inference | undefined>;
  },
): OriginParts {
  const { store, index, spans, health, log, signal } = shared;
  const { name, origin, account, decided } = parameters;
  const { chainId, gateway } = origin;
  const events = new LaneEvents(shared.keepDisagreement);
  const client = createQuorumClient({ ...origin, chain: name, log, onEvent: events.note });
  const policies = createPolicyBook(client, gateway);
  const sender = createTransactionSender({
    chain: name,
    chainId,
    client,
    account,
    store: new SqlTransactions(store),
    limits: origin.spending,
    log,
    signal,
  });
  const ref = { chainId: parseChainId(chainId), gateway };
  return {
    name,
    client,
    account,
    policies,
    workerSets: origin.workerSets,
    writers: [
      resultWriter({
        chain: name,
        domain: origin.domain,
        resultHub: hub.resultHub,
        client: hub.client,
        sender: hub.sender,
        index,
        verifyGasOf: async (policyId) => (await policies(policyId)).verifyGas,
        spans,
      }),
      deliveryWriter({
        chain: name,
        client,
        hubClient: hub.client,
        hubDomain: hub.domain,
        merkleTreeHook: hub.merkleTreeHook,
        mailbox: origin.mailbox,
        gateway,
        validators: hub.validators,
        sender,
        settledElsewhere: index,
        spans,
        log,
        signal,
      }),
      refundWriter({ chain: name, client, gateway, sender, index, signal }),
      finalizeWriter({ chain: name, client, gateway, sender, index, signal }),
      revealWriter({ chain: name, client, gateway, sender, index, decided }),
    ],
    pokers: origin.infernet.map(({ coordinator, minRelayFee }) => {
      const served = { chain: name, client, gateway, coordinator, minRelayFee, policies: origin.policies };
      return { coordinator, ...createPoker({ ...served, account: account.address, sender, log, signal }) };
    }),
    readTransaction: (txHash) =>
      readTransactionEvents({ ...{ client, chain: name, ref, txHash }, finality: origin.finality }),
    tagAliases: () => events.tagAliases(),
    async watch() {
      await watchGateway({
        chain: name,
        ref,
        client,
        startBlock: BigInt(origin.startBlock),
        finality: origin.finality,
        pollMs: origin.pollMs,
        webSocket: origin.webSocket,
        held: index,
        recentBlocks: () => index.recentBlocks(name),
        commit: (step) => index.commit(step),
        onState: (state) => health.set(`chain ${name}`, problemOfState(state, events.contradiction)),
        log,
        signal,
      });
    },
  };
}

/** The longest part of a provider's answer that is shown; the whole of it is kept as evidence. */
const SHOWN = 160;

function problemOfState(state: WatcherState, contradiction: Disagreement | undefined): Problem | null {
  if (state.state === "live") return null;
  const { code, actor, nextAttemptAt } = state;
  if (code !== "CHAIN_QUORUM_DISAGREEMENT" || contradiction === undefined) {
    return { reason: state.reason, code, actor, fix: null, nextAttemptAt };
  }
  const said = contradiction.answers.map(({ provider, raw }) => `${provider}: ${raw.slice(0, SHOWN)}`);
  const fix = "Compare the kept answers with an independent source and replace the provider that is wrong.";
  return { reason: `${state.reason} ${contradiction.method}: ${said.join("; ")}`, code, actor, fix, nextAttemptAt };
}
