import type { Log as Logger } from "@herald/wire/log";
import type { GatewayRef } from "@herald/wire/typedData";
import type { Log, PublicClient } from "viem";
import { receiptOf } from "../send/findReceipt.js";
import { mayContainLogsOf } from "./bloom.js";
import { type Finality, readFinal } from "./finality.js";
import { findForkPoint } from "./forkPoint.js";
import { readGatewayEvents } from "./gatewayEvents.js";
import { type Header, readFinalizedNumber, readHead, readHeaderAt, readHeaders, toBlockRef } from "./headers.js";
import { inChunks } from "./inChunks.js";
import { Sequence } from "./sequence.js";
import { watchError } from "./watchErrors.js";
import type { BlockRef, GatewayEvent, RequestsHeld, WatcherStep } from "./watcherStep.js";

/** Blocks behind the cursor that are remembered to recognise a reorganisation. */
const WINDOW_BLOCKS = 512;
/** Most new blocks of one step: what is read again after a crash, and what one transaction takes. */
const STEP_BLOCKS = 128n;
/** Most blocks that one step passes over by their logs alone; a provider that takes fewer is asked in parts, see `rangeErrors`. */
const LEAP_BLOCKS = 2_000n;
const PARALLEL_READS = 32;
/** How often finality is looked at while no block comes, and the gateway's own count while nothing is amiss. */
const FINALITY_MS = 2_000;
const AUDIT_MS = 30_000;

/** What one look at the chain found. */
export type Look =
  | { readonly kind: "step"; readonly step: WatcherStep; readonly known: readonly BlockRef[] }
  /** Nothing new. `missing`: how many blocks the providers are short of the one waited for. */
  | { readonly kind: "idle"; readonly missing: bigint };

export interface ReaderParameters {
  readonly chain: string;
  readonly ref: GatewayRef;
  readonly client: PublicClient;
  readonly startBlock: bigint;
  readonly finality: Finality;
  readonly held: RequestsHeld;
  readonly log: Logger;
}

/** Reads a gateway's chain step by step. It commits nothing: a step that is lost is simply computed again. */
export class GatewayReader {
  readonly #parameters: ReaderParameters;
  readonly #sequence: Sequence;
  #final: { readonly number: bigint; readonly readAt: number } | undefined;
  #auditedAt = 0;
  /** What was known after the blocks around a gap were read again and added up; once it is committed, all is well. */
  #healed: readonly BlockRef[] | undefined;

  constructor(parameters: ReaderParameters) {
    this.#parameters = parameters;
    this.#sequence = new Sequence(parameters);
  }

  /** Looks once; `known` are the blocks committed so far, newest first. */
  async look(known: readonly BlockRef[]): Promise<Look> {
    const { client, startBlock } = this.#parameters;
    if (this.#healed === known) this.#sequence.trust();
    const head = await readHead(client);
    const [cursor] = known;
    if (head.number < startBlock) return { kind: "idle", missing: startBlock - head.number };
    if (cursor === undefined) {
      return (await this.#leap(head, [], startBlock)) ?? (await this.#read(head, [], startBlock, STEP_BLOCKS));
    }
    if (cursor.hash === head.hash) return await this.#lookAtHead(head, known);
    const oldest = known.at(-1)?.number ?? startBlock;
    // Providers that fell back show a block we know, or one too old to know. That is no reorganisation.
    if (head.number < oldest || known.some((block) => block.hash === head.hash)) {
      return { kind: "idle", missing: cursor.number - head.number };
    }
    if (this.#sequence.suspicious) return await this.#readAgain(head, known);
    const from = head.number > cursor.number ? cursor.number + 1n : head.number;
    return (await this.#leap(head, known, from)) ?? (await this.#read(head, known, from, STEP_BLOCKS));
  }

  /**
   * Far behind, below what is final and by more than the window: reads the logs of a range, and the blocks they are in. No reorganisation
   * reaches there, so the blocks between need not be known. Undefined where that is not so, or where the chain does not go on from the cursor.
   */
  async #leap(head: Header, known: readonly BlockRef[], from: bigint): Promise<Look | undefined> {
    const { client, chain, ref } = this.#parameters;
    const most = BigInt(WINDOW_BLOCKS) + STEP_BLOCKS;
    if (this.#sequence.suspicious || head.number - from < most) return undefined;
    const finalized = await readFinalizedNumber(client);
    if (finalized === undefined || finalized - from < most) return undefined;
    const beforeWindow = finalized - BigInt(WINDOW_BLOCKS);
    const to = beforeWindow < from + LEAP_BLOCKS - 1n ? beforeWindow : from + LEAP_BLOCKS - 1n;
    const [first, tip, logs] = await Promise.all([
      readHeaderAt(client, from),
      readHeaderAt(client, to),
      client.getLogs({ address: ref.gateway, fromBlock: from, toBlock: to }),
    ]);
    const [cursor] = known;
    if (cursor !== undefined && cursor.hash !== first.parentHash) return undefined;
    const numbers = [...new Set([...logs.map(({ blockNumber }) => blockNumber), to])].sort((a, b) => Number(a - b));
    const added = await inChunks(numbers, PARALLEL_READS, async (number) => {
      const block = toBlockRef(number === to ? tip : await readHeaderAt(client, number));
      const said = logs.filter(({ blockNumber }) => blockNumber === number);
      return { block, events: readGatewayEvents(chain, ref, block, said) };
    });
    await this.#sequence.follow(cursor, added);
    // At once: what is hidden here is out of reach once the cursor has left it behind.
    await this.#sequence.auditPast(tip);
    const next = [toBlockRef(tip)];
    const final = await this.#readFinal(head, next);
    const step = this.#step({ added, cursor: toBlockRef(tip), final, head });
    return { kind: "step", step: { ...step, isLeap: true }, known: next };
  }

  async #lookAtHead(head: Header, known: readonly BlockRef[]): Promise<Look> {
    if (this.#sequence.suspicious) return await this.#readAgain(head, known);
    await this.#auditIfDue(head);
    const before = this.#final;
    if (before !== undefined && Date.now() - before.readAt < FINALITY_MS) return { kind: "idle", missing: 0n };
    const final = await this.#readFinal(head, known);
    if (final === before?.number) return { kind: "idle", missing: 0n };
    return { kind: "step", step: this.#step({ cursor: toBlockRef(head), final, head }), known };
  }

  /** Reads from block `from` on, finds where it leaves the known blocks, and makes the step. */
  async #read(head: Header, known: readonly BlockRef[], from: bigint, most: bigint): Promise<Look & { kind: "step" }> {
    const { client, chain, startBlock } = this.#parameters;
    const to = head.number < from + most - 1n ? head.number : from + most - 1n;
    const [tip, ...rest] = await readHeaders(client, chain, from, to, head);
    if (tip === undefined) throw watchError("WATCH_CHAIN_MOVED", { chain, block: from });
    const first = { ancestor: 0, path: [tip] };
    const fork = known.length === 0 ? first : await findForkPoint({ client, chain, known, startBlock, tip });
    const kept = known.slice(fork.ancestor);
    const removed = known.slice(0, fork.ancestor);
    // Where blocks come faster than we ask, the cursor is never found at the head; what was committed is audited all the same.
    if (kept[0] !== undefined && to === head.number && !this.#sequence.suspicious) await this.#auditIfDue(kept[0]);
    const added = await inChunks([...fork.path, ...rest], PARALLEL_READS, async (header) => ({
      block: toBlockRef(header),
      events: await this.#readEvents(header),
    }));
    await this.#sequence.follow(kept[0], added);
    this.#noteRemoved(removed);

    const blocks = added.map(({ block }) => block).toReversed();
    const next = [...blocks, ...kept].slice(0, WINDOW_BLOCKS);
    const final = await this.#readFinal(head, next);
    const cursor = blocks[0] ?? toBlockRef(tip);
    this.#healed = next;
    return { kind: "step", step: this.#step({ removed, added, cursor, final, head }), known: next };
  }

  async #auditIfDue(block: BlockRef): Promise<void> {
    if (Date.now() - this.#auditedAt < AUDIT_MS) return;
    await this.#sequence.audit(block);
    this.#auditedAt = Date.now();
  }

  #step(parts: {
    readonly removed?: readonly BlockRef[];
    readonly added?: WatcherStep["added"];
    readonly cursor: BlockRef;
    readonly final: bigint;
    readonly head: BlockRef;
  }): WatcherStep {
    const { removed = [], added = [], cursor, final, head } = parts;
    const { chain } = this.#parameters;
    return {
      chain,
      removed,
      added,
      isLeap: false,
      cursor,
      finalized: { number: final },
      head: { number: head.number },
    };
  }

  async #readEvents(header: Header): Promise<readonly GatewayEvent[]> {
    const { client, chain, ref } = this.#parameters;
    if (!this.#sequence.suspicious && !mayContainLogsOf(ref.gateway, header.logsBloom)) return [];
    const logs = await client.getLogs({ address: ref.gateway, blockHash: header.hash });
    const hidden = this.#sequence.suspicious ? await this.#readHidden(header, logs) : [];
    const all = [...logs, ...hidden].sort((a, b) => (a.logIndex ?? 0) - (b.logIndex ?? 0));
    return readGatewayEvents(chain, ref, toBlockRef(header), hidden.length === 0 ? logs : all);
  }

  /** Logs the providers leave out, of requests the store holds all the same (taken in by hand): their receipts show them. */
  async #readHidden(header: Header, logs: readonly Log[]): Promise<readonly Log[]> {
    const { client, chain, ref, held } = this.#parameters;
    const shown = new Set(logs.map((log) => log.transactionHash));
    const transactions = await held.transactionsIn(chain, header);
    const receipts = await inChunks(
      transactions.filter((hash) => !shown.has(hash)),
      PARALLEL_READS,
      (hash) => receiptOf(client, hash),
    );
    return receipts
      .flatMap((receipt) => (receipt?.blockHash === header.hash ? receipt.logs : []))
      .filter((log) => log.address.toLowerCase() === ref.gateway.toLowerCase());
  }

  /**
   * After a gap: reads all known blocks again, logs and all, and replaces them if they add up to the gateway's own count now. If they do
   * not, nothing is touched and the lane waits.
   */
  async #readAgain(head: Header, known: readonly BlockRef[]): Promise<Look> {
    const { startBlock, log } = this.#parameters;
    const oldest = known.at(-1);
    const base = oldest !== undefined && oldest.number > startBlock ? oldest : undefined;
    if (base !== undefined) this.#sequence.forget(base);
    const from = base === undefined ? startBlock : base.number + 1n;
    const look = await this.#read(head, base === undefined ? [] : [base], from, BigInt(WINDOW_BLOCKS));
    await this.#sequence.audit(look.step.cursor);
    const dropped = base === undefined ? known : known.slice(0, -1);
    log.warn("The known blocks were read again after a gap.", {
      blocks: dropped.length,
      cursor: look.step.cursor.number,
    });
    return { ...look, step: { ...look.step, removed: [...dropped, ...look.step.removed] } };
  }

  /**
   * The highest final block. Its hash must be ours where we have the number: otherwise the chain moved between two reads, and a request
   * on the losing side would be called final.
   */
  async #readFinal(head: Header, known: readonly BlockRef[]): Promise<bigint> {
    const { client, chain, finality } = this.#parameters;
    const final = await readFinal(client, finality, head.number);
    const ours = known.find((block) => block.number === final.number);
    if (final.hash !== undefined && ours !== undefined && ours.hash !== final.hash) {
      throw watchError("WATCH_FINALITY_MISMATCH", { chain, block: final.number, final: final.hash, read: ours.hash });
    }
    this.#final = { number: final.number, readAt: Date.now() };
    return final.number;
  }

  #noteRemoved(removed: readonly BlockRef[]): void {
    const newest = removed[0];
    const oldest = removed.at(-1);
    if (newest === undefined || oldest === undefined) return;
    const { log } = this.#parameters;
    const fields = { from: oldest.number, to: newest.number, blocks: removed.length, final: this.#final?.number };
    if (this.#final !== undefined && oldest.number <= this.#final.number) {
      log.error("Blocks that counted as final left the chain.", fields);
    } else log.info("Blocks left the chain.", fields);
  }
}
