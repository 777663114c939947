import type { Hex } from "viem";
import type { BlockRef, GatewayEvent, RequestsHeld, WatcherStep } from "../../src/watch/watcherStep.js";

/** A request as the store has it. */
export interface StoredRequest {
  readonly id: string;
  readonly seq: bigint;
  readonly blockHash: Hex;
  readonly blockNumber: bigint;
  readonly txHash: Hex;
  readonly parked: boolean;
  readonly final: boolean;
}

/**
 * What a relayer's store does with steps, in memory, and an auditor of every step: blocks must leave from the top and join without a gap (unless it is a leap),
 * and no request may open twice on one chain.
 */
export class MemoryStore {
  readonly steps: WatcherStep[] = [];
  readonly requests = new Map<string, StoredRequest>();
  readonly events: GatewayEvent[] = [];
  /** Newest first. */
  blocks: readonly BlockRef[] = [];
  readonly #window: number;

  constructor(window = 512) {
    this.#window = window;
  }

  recentBlocks = async (): Promise<readonly BlockRef[]> => this.blocks;

  commit = async (step: WatcherStep): Promise<void> => {
    // Everything is checked before anything changes: a step is taken as a whole.
    const blocks = this.#join(step);
    const requests = this.#apply(step);
    this.blocks = blocks.slice(0, this.#window);
    this.requests.clear();
    for (const request of requests.values()) this.requests.set(request.id, request);
    this.events.push(...step.added.flatMap((it) => it.events));
    this.steps.push(step);
  };

  held: RequestsHeld = {
    countUpTo: async (_, block) => BigInt(this.#unparked().filter((it) => it.blockNumber <= block.number).length),
    transactionsIn: async (_, block) =>
      this.#unparked().flatMap((it) => (it.blockHash === block.hash ? it.txHash : [])),
  };

  /** Open requests in the order of the gateway. */
  open(): readonly string[] {
    return this.#unparked()
      .sort((a, b) => Number(a.seq - b.seq))
      .map((it) => it.id);
  }

  #unparked(): StoredRequest[] {
    return [...this.requests.values()].filter((it) => !it.parked);
  }

  #join(step: WatcherStep): readonly BlockRef[] {
    const blocks = [...this.blocks];
    for (const block of step.removed) {
      const top = blocks.shift();
      if (top?.hash !== block.hash) throw new Error(`block ${block.number} was removed, the newest is ${top?.number}`);
    }
    for (const { block } of step.added) {
      const top = blocks[0];
      if (
        step.isLeap
          ? block.number <= (top?.number ?? 0n)
          : top !== undefined && (block.parentHash !== top.hash || block.number !== top.number + 1n)
      ) {
        throw new Error(`block ${block.number} does not follow block ${top.number}`);
      }
      blocks.unshift(block);
    }
    if (blocks[0]?.hash !== step.cursor.hash) throw new Error("the cursor is not the last block");
    return step.isLeap ? blocks.slice(0, 1) : blocks;
  }

  #apply(step: WatcherStep): Map<string, StoredRequest> {
    const requests = new Map(this.requests);
    const removed = new Set<string>(step.removed.map((it) => it.hash));
    for (const request of requests.values()) {
      if (removed.has(request.blockHash)) requests.set(request.id, { ...request, parked: true, final: false });
    }
    const numbers = new Map([...this.blocks, ...step.added.map((it) => it.block)].map((it) => [it.hash, it.number]));
    for (const event of step.added.flatMap((it) => it.events)) {
      if (event.type !== "RequestOpened") continue;
      if (requests.get(event.id)?.parked === false) throw new Error(`request ${event.id} opened twice`);
      requests.set(event.id, {
        id: event.id,
        seq: event.seq,
        blockHash: event.block.hash,
        blockNumber: event.block.number,
        txHash: event.txHash,
        parked: false,
        final: false,
      });
    }
    for (const request of requests.values()) {
      const number = numbers.get(request.blockHash);
      const final = !request.parked && number !== undefined && number <= step.finalized.number;
      requests.set(request.id, { ...request, final: request.final || final });
    }
    return requests;
  }
}
