import type { HeraldError } from "@herald/wire/errors";
import type { GatewayRef } from "@herald/wire/typedData";
import type { Hex, PublicClient } from "viem";
import { readRequestCount } from "./requestCount.js";
import { watchError } from "./watchErrors.js";
import type { BlockRef, RequestsHeld, WatcherStep } from "./watcherStep.js";

/** Blocks whose count is remembered; more than any reorganisation that is followed. */
const REMEMBERED = 1_024;

/** Holds the events read against the gateway's dense count: in a chain of providers that leave out logs, this is what shows it. */
export class Sequence {
  readonly #chain: string;
  readonly #ref: GatewayRef;
  readonly #client: PublicClient;
  readonly #held: RequestsHeld;
  /** Last sequence number after a block, for blocks read since the start. */
  readonly #counts = new Map<Hex, bigint>();
  #suspicious = false;

  constructor({
    chain,
    ref,
    client,
    held,
  }: {
    readonly chain: string;
    readonly ref: GatewayRef;
    readonly client: PublicClient;
    readonly held: RequestsHeld;
  }) {
    this.#chain = chain;
    this.#ref = ref;
    this.#client = client;
    this.#held = held;
  }

  /** True from a gap until what was read adds up again: then the logs of every block are read, whatever its bloom says. */
  get suspicious(): boolean {
    return this.#suspicious;
  }

  trust(): void {
    this.#suspicious = false;
  }

  /**
   * Counts on from `base`, the block before the added ones (undefined = nothing was read before).
   * @throws HeraldError WATCH_SEQ_GAP
   */
  async follow(base: BlockRef | undefined, added: WatcherStep["added"]): Promise<void> {
    let count = base === undefined ? 0n : await this.#countAfter(base);
    for (const { block, events } of added) {
      for (const event of events) {
        if (event.type !== "RequestOpened") continue;
        if (event.seq !== count + 1n) throw this.#gap(block, count + 1n, event.seq);
        count = event.seq;
      }
      this.#note(block, count);
    }
  }

  /**
   * Compares what was read up to `head` with the gateway's own count there.
   * @throws HeraldError WATCH_SEQ_GAP, WATCH_GATEWAY_MISSING
   */
  async audit(head: BlockRef): Promise<void> {
    const count = await readRequestCount(this.#client, this.#ref.gateway, head.hash);
    if (count === "none") {
      const facts = { chain: this.#chain, gateway: this.#ref.gateway, block: head.number, blockHash: head.hash };
      throw watchError("WATCH_GATEWAY_MISSING", facts);
    }
    await this.#compare(head, count);
  }

  /**
   * The same at an old block: there the gateway may not be yet, and the providers may not have that state any more.
   * @throws HeraldError WATCH_SEQ_GAP
   */
  async auditPast(block: BlockRef): Promise<void> {
    const count = await readRequestCount(this.#client, this.#ref.gateway, block.hash);
    await this.#compare(block, count === "none" ? 0n : count);
  }

  async #compare(block: BlockRef, count: bigint | "unknown"): Promise<void> {
    if (count === "unknown") return;
    const read = await this.#countAfter(block);
    if (read !== count) throw this.#gap(block, count, read);
  }

  /** The count after this block is to be taken from the store again. */
  forget(block: BlockRef): void {
    this.#counts.delete(block.hash);
  }

  #gap(block: BlockRef, expected: bigint, received: bigint): HeraldError {
    this.#suspicious = true;
    return watchError("WATCH_SEQ_GAP", {
      chain: this.#chain,
      gateway: this.#ref.gateway,
      block: block.number,
      blockHash: block.hash,
      expected,
      received,
    });
  }

  /**
   * The store's own count, never the chain's: that one would take in a request nobody showed us, should we be restarted before an audit.
   */
  async #countAfter(block: BlockRef): Promise<bigint> {
    return this.#counts.get(block.hash) ?? (await this.#held.countUpTo(this.#chain, block));
  }

  #note(block: BlockRef, count: bigint): void {
    this.#counts.set(block.hash, count);
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > REMEMBERED && oldest !== undefined) this.#counts.delete(oldest);
  }
}
