import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { type Address, createPublicClient, type Hex, parseEventLogs, webSocket } from "viem";

/** A request as the chain itself showed it. */
export interface SeenRequest {
  readonly requestId: Hex;
  readonly originTx: Hex;
  readonly blockNumber: bigint;
  /** Unix milliseconds when its block was first seen. */
  readonly seenAt: number;
}

/** How the chain says a request ended; the same request can appear once only. */
export interface SeenSettlement {
  readonly requestId: Hex;
  readonly event: "ResultDelivered" | "RequestExpired";
  /** Wire status of a delivered result, null where the request expired. */
  readonly status: number | null;
  readonly tx: Hex;
  readonly seenAt: number;
  readonly callback: "succeeded" | "failed" | "none";
}

/** Finality as the lane's policy names it. */
export type FinalityRule =
  | { readonly type: "latest"; readonly confirmations: number }
  | { readonly type: "safe" }
  | { readonly type: "finalized" };

/** Watches one chain at its node, past Herald's proxies, sharing nothing with Herald but the clock. */
export interface ChainObserver {
  readonly name: string;
  readonly requests: ReadonlyMap<string, SeenRequest>;
  /** Every settlement event seen, also a second one of the same request, which must not exist. */
  readonly settlements: readonly SeenSettlement[];
  /** Unix milliseconds at which each block was first seen, by number. */
  readonly blocks: ReadonlyMap<bigint, number>;
  /** When the block became final by the lane's policy, or undefined while it has not. */
  finalAt(blockNumber: bigint): number | undefined;
  /** Ends the observation; throws what kept it from reading a block, if anything did. */
  stop(): Promise<void>;
}

/** Starts observing at the next block. Heads are pushed over a WebSocket, so that a block is seen within milliseconds. */
export async function observeChain(parameters: {
  readonly name: string;
  /** HTTP URL of the node; its WebSocket is on the same port. */
  readonly nodeUrl: string;
  readonly gateway: Address;
  readonly finality: FinalityRule;
}): Promise<ChainObserver> {
  const { name, gateway, finality } = parameters;
  const client = createPublicClient({ transport: webSocket(parameters.nodeUrl.replace(/^http/, "ws")) });
  const blocks = new Map<bigint, number>();
  const finals: { readonly number: bigint; readonly at: number }[] = [];
  const requests = new Map<string, SeenRequest>();
  const settlements: SeenSettlement[] = [];
  let next = (await client.getBlockNumber()) + 1n;
  let reading = Promise.resolve();
  let stopped = false;
  let failure: unknown;

  async function finalNumber(head: bigint): Promise<bigint> {
    if (finality.type === "latest") return head - BigInt(finality.confirmations);
    return (await client.getBlock({ blockTag: finality.type })).number;
  }

  async function read(number: bigint, at: number): Promise<void> {
    const logs = await client.getLogs({ address: gateway, fromBlock: number, toBlock: number });
    const events = parseEventLogs({ abi: inferenceGatewayAbi, logs });
    const callbacks = new Map<string, "succeeded" | "failed">();
    for (const event of events) {
      if (event.eventName === "CallbackSucceeded") callbacks.set(event.args.id, "succeeded");
      if (event.eventName === "CallbackFailed") callbacks.set(event.args.id, "failed");
    }
    for (const event of events) {
      const tx = event.transactionHash;
      if (event.eventName === "RequestOpened") {
        requests.set(event.args.id, { requestId: event.args.id, originTx: tx, blockNumber: number, seenAt: at });
      }
      if (event.eventName === "ResultDelivered" || event.eventName === "RequestExpired") {
        settlements.push({
          requestId: event.args.id,
          event: event.eventName,
          status: event.eventName === "ResultDelivered" ? event.args.status : null,
          tx,
          seenAt: at,
          callback: callbacks.get(event.args.id) ?? "none",
        });
      }
    }
    finals.push({ number: await finalNumber(number), at });
  }

  const unwatch = client.watchBlockNumber({
    emitOnBegin: true,
    emitMissed: true,
    onBlockNumber: (head) => {
      const at = Date.now();
      for (; next <= head; next++) {
        const number = next;
        blocks.set(number, at);
        reading = reading
          .then(() => read(number, at))
          .catch((error: unknown) => {
            if (!stopped) failure ??= error;
          });
      }
    },
    onError: (error) => {
      if (!stopped) failure ??= error;
    },
  });

  return {
    name,
    requests,
    settlements,
    blocks,
    finalAt: (blockNumber) => finals.find((it) => it.number >= blockNumber)?.at,
    async stop() {
      stopped = true;
      unwatch();
      await reading;
      (await client.transport.getRpcClient()).close();
      if (failure !== undefined) throw failure;
    },
  };
}
