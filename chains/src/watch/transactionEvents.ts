import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import type { RequestId } from "@herald/wire/ids";
import type { RequestState } from "@herald/wire/lifecycle";
import { decodeStateWord } from "@herald/wire/stateWord";
import type { GatewayRef } from "@herald/wire/typedData";
import type { Hex, PublicClient } from "viem";
import { receiptOf } from "../send/findReceipt.js";
import { type Finality, readFinal } from "./finality.js";
import { readGatewayEvents } from "./gatewayEvents.js";
import { readHead, readHeaderByHash, toBlockRef } from "./headers.js";
import { watchError } from "./watchErrors.js";
import type { BlockRef, GatewayEvent } from "./watcherStep.js";

/** What the gateway said in one transaction, and where the requests opened there stand now. */
export interface TransactionEvents {
  readonly chain: string;
  readonly block: BlockRef;
  /** Whether the block is final by the lane's policy. */
  readonly isFinal: boolean;
  /** Never empty. */
  readonly events: readonly GatewayEvent[];
  /** The state of each request opened there, at the head. */
  readonly states: ReadonlyMap<RequestId, RequestState>;
}

/**
 * Reads one transaction by its hash, past the watcher: from its receipt, so also where every provider leaves its logs out of lists, and
 * wherever the watcher is. The events pass the same checks.
 * @throws HeraldError WATCH_TRANSACTION_UNKNOWN, WATCH_TRANSACTION_SILENT, WATCH_CHAIN_MOVED, WATCH_EVENT_INVALID
 */
export async function readTransactionEvents(parameters: {
  readonly client: PublicClient;
  readonly chain: string;
  readonly ref: GatewayRef;
  readonly finality: Finality;
  readonly txHash: Hex;
}): Promise<TransactionEvents> {
  const { client, chain, ref, finality, txHash } = parameters;
  const receipt = await receiptOf(client, txHash);
  if (receipt === undefined) throw watchError("WATCH_TRANSACTION_UNKNOWN", { chain, transaction: txHash });
  const block = toBlockRef(await readHeaderByHash(client, receipt.blockHash));
  const ours = receipt.logs.filter((log) => log.address.toLowerCase() === ref.gateway.toLowerCase());
  const events = readGatewayEvents(chain, ref, block, ours);
  if (events.length === 0) {
    throw watchError("WATCH_TRANSACTION_SILENT", { chain, transaction: txHash, gateway: ref.gateway });
  }
  const stray = events.find((event) => event.txHash.toLowerCase() !== txHash.toLowerCase());
  if (stray !== undefined) {
    const problem = "the receipt holds a log of another transaction";
    throw watchError("WATCH_EVENT_INVALID", { chain, transaction: txHash, other: stray.txHash, problem });
  }
  const head = await readHead(client);
  const final = await readFinal(client, finality, head.number);
  const states = new Map<RequestId, RequestState>();
  for (const event of events) {
    if (event.type === "RequestOpened") states.set(event.id, await stateOf(client, ref, event.id));
  }
  // Last of all: a block that counts as final by its number must still be the chain's block of that number.
  const canonical = await client.getBlock({ blockNumber: block.number });
  if (canonical.hash !== block.hash) {
    throw watchError("WATCH_CHAIN_MOVED", { chain, block: block.number, expected: block.hash, found: canonical.hash });
  }
  return { chain, block, isFinal: block.number <= final.number, events, states };
}

async function stateOf(client: PublicClient, ref: GatewayRef, id: RequestId): Promise<RequestState> {
  const gateway = { address: ref.gateway, abi: inferenceGatewayAbi } as const;
  return decodeStateWord(await client.readContract({ ...gateway, functionName: "stateOf", args: [id] })).state;
}
