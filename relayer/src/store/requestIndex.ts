import type { TransactionEvents } from "@herald/chains/watch/transactionEvents";
import type { BlockRef, RequestsHeld, WatcherStep } from "@herald/chains/watch/watcherStep";
import { HeraldError } from "@herald/wire/errors";
import { parseAddress, parseChainId, parseRequestId } from "@herald/wire/ids";
import type { Outcome } from "@herald/wire/lifecycle";
import { outputModes, type Terms, type TermsJson, termsFromJson, termsToJson } from "@herald/wire/terms";
import type { RequestBodies, RequestBodiesIndex } from "@herald/workflows/activities/requestBodies";
import type { SettledElsewhere } from "@herald/workflows/effects/deliveryWriter";
import type { GatewayVerdict } from "@herald/workflows/effects/readSettlements";
import type { SettledResult, SettledResults } from "@herald/workflows/effects/settledResult";
import { isRevealedLater, type RequestArgs, type Settlement } from "@herald/workflows/flows/contract";
import { sql } from "kysely";
import type { Hex } from "viem";
import { type Admission, applyStep, BLOCK_WINDOW } from "./applyStep.js";
import type { Store } from "./openStore.js";
import { reconsider } from "./reconsider.js";
import type { RequestRow } from "./schema.js";
import { readResult } from "./standing.js";
import { type Taken, takeTransaction } from "./takeTransaction.js";

/** How much work is taken on before the origin is final, which nobody has paid for yet. */
export interface SpeculationCaps {
  readonly maxUnfinal: number;
  readonly maxUnfinalPerRequester: number;
}

/** An open request to be compared with its workflow. */
export interface Doubt {
  readonly requestId: string;
  readonly settlement: Settlement | null;
  /** Unix milliseconds, where a cancellation has moved it. */
  readonly closesAt: number | null;
}

/** Where each chain's gateway lives; needed to tell a request's EIP-712 domain. */
export type Gateways = Readonly<Record<string, { readonly chainId: number; readonly gateway: string }>>;

/** Rows looked at to fill the speculation caps: one busy requester's backlog must not hide the others'. */
const CANDIDATES = 5_000;

/**
 * The request index: what the watchers saw, one row per request. It is a projection of the chains; deleting it and watching again from the
 * gateways' first blocks rebuilds it.
 */
export class RequestIndex implements RequestBodiesIndex, RequestsHeld, SettledElsewhere, SettledResults {
  readonly #db: Store;
  readonly #gateways: Gateways;
  readonly #admit: Admission;
  readonly #caps: SpeculationCaps;
  readonly #onNews: () => void;

  /** `onNews` is called after a step that brought a request, a settlement or somebody's finality. */
  constructor(
    db: Store,
    gateways: Gateways,
    admit: Admission,
    caps: SpeculationCaps,
    onNews: () => void = () => undefined,
  ) {
    this.#db = db;
    this.#gateways = gateways;
    this.#admit = admit;
    this.#caps = caps;
    this.#onNews = onNews;
  }

  /** Blocks kept of a chain, newest first. */
  async recentBlocks(chain: string): Promise<BlockRef[]> {
    const rows = await this.#db
      .selectFrom("blocks")
      .selectAll()
      .where("chain", "=", chain)
      .orderBy("number", "desc")
      .limit(BLOCK_WINDOW)
      .execute();
    const blocks = rows.map((row) => ({
      number: BigInt(row.number),
      // CAST: hashes are written from hex.
      hash: row.hash as Hex,
      parentHash: row.parent_hash as Hex,
      timestamp: BigInt(row.timestamp),
    }));
    // A leap leaves blocks out; those before it are final and of no more use.
    const gap = blocks.findIndex(
      (block, place) => blocks[place - 1] !== undefined && blocks[place - 1]?.parentHash !== block.hash,
    );
    return gap === -1 ? blocks : blocks.slice(0, gap);
  }

  /** Unparked requests of a chain opened up to and including a block. */
  async countUpTo(chain: string, block: BlockRef): Promise<bigint> {
    const row = await this.#db
      .selectFrom("requests")
      .select((where) => where.fn.countAll<number>().as("count"))
      .where("chain", "=", chain)
      .where("parked", "=", 0)
      .where("block_number", "<=", Number(block.number))
      .executeTakeFirstOrThrow();
    return BigInt(row.count);
  }

  /** Transactions that opened unparked requests in a block. */
  async transactionsIn(chain: string, block: BlockRef): Promise<readonly Hex[]> {
    const rows = await this.#db
      .selectFrom("requests")
      .select("origin_tx")
      .distinct()
      .where("chain", "=", chain)
      .where("parked", "=", 0)
      .where("block_hash", "=", block.hash)
      .execute();
    // CAST: hashes are written from hex.
    return rows.map((row) => row.origin_tx as Hex);
  }

  /** Takes a watcher's step in one transaction: cursor, blocks and everything seen in them. */
  async commit(step: WatcherStep): Promise<void> {
    if (await this.#db.transaction().execute((tx) => applyStep(tx, step, this.#admit))) this.#onNews();
  }

  /**
   * Takes in what one transaction said, past the watcher.
   * @throws HeraldError INTAKE_BLOCK_NOT_FINAL
   */
  async take(seen: TransactionEvents): Promise<readonly Taken[]> {
    const taken = await this.#db.transaction().execute((tx) => takeTransaction(tx, seen, this.#admit));
    this.#onNews();
    return taken;
  }

  /** Decides anew on what was refused and is still open, as admission may have changed; the ids of those that are served after all. */
  async reconsider(): Promise<readonly string[]> {
    const served = await reconsider(this.#db, this.#admit);
    if (served.length > 0) this.#onNews();
    return served;
  }

  async bodies(requestId: string): Promise<RequestBodies> {
    const row = await this.find(requestId);
    const gateway = row === undefined ? undefined : this.#gateways[row.chain];
    if (row === undefined || gateway === undefined) {
      throw new HeraldError({
        code: "REQUEST_UNKNOWN",
        message: "The request is not in this relayer's index.",
        facts: { requestId },
        fix: "Wait for the watcher to reach its block, or check that its chain is configured.",
        actor: "operator",
        retry: { afterMs: 2_000 },
      });
    }
    return {
      requestId: parseRequestId(row.id),
      chain: row.chain,
      ref: { chainId: parseChainId(gateway.chainId), gateway: parseAddress(gateway.gateway) },
      terms: readTerms(row),
      // CAST: written from the event's bytes.
      input: row.input as Hex,
      context: row.context as Hex,
      finalAt: row.final_at,
    };
  }

  async find(requestId: string): Promise<RequestRow | undefined> {
    return await this.#db
      .selectFrom("requests")
      .selectAll()
      .where("id", "=", requestId.toLowerCase())
      .executeTakeFirst();
  }

  async settlementOf(requestId: string): Promise<{ readonly verdict: GatewayVerdict; readonly tx: string } | null> {
    const row = await this.find(requestId);
    if (row === undefined) return null;
    if (row.settled_as !== null && row.settled_tx !== null) {
      return { verdict: verdictOf(row), tx: row.settled_tx };
    }
    if (row.pending_tx !== null) return { verdict: verdictOf(row), tx: row.pending_tx };
    if (row.rejection === null || row.rejected_tx === null) return null;
    return { verdict: { outcome: "rejected", rejection: row.rejection, callback: "none" }, tx: row.rejected_tx };
  }

  async resultOf(requestId: string): Promise<SettledResult | null> {
    return readResult((await this.find(requestId))?.result ?? null);
  }

  /** The newest requests in short, for lists. */
  async overview(limit: number) {
    const rows = await this.#db
      .selectFrom("requests")
      .select([
        "id",
        "chain",
        "origin_tx",
        "observed_at",
        "final_at",
        "settled_as",
        "settled_at",
        "settled_tx",
        "refusal",
      ])
      .orderBy("observed_at", "desc")
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      requestId: row.id,
      origin: row.chain,
      originTx: row.origin_tx,
      observedAt: row.observed_at,
      finalAt: row.final_at,
      outcome: row.settled_as,
      settledAt: row.settled_at,
      settledTx: row.settled_tx,
      refusal: row.refusal,
    }));
  }

  /** Served requests the chain has not settled, by origin chain. */
  async openCounts(): Promise<Readonly<Record<string, number>>> {
    const rows = await this.#db
      .selectFrom("requests")
      .select((where) => ["chain", where.fn.countAll<number>().as("count")])
      .where("settled_as", "is", null)
      .where("closed_at", "is", null)
      .where("refusal", "is", null)
      .groupBy("chain")
      .execute();
    return Object.fromEntries(rows.map((row) => [row.chain, Number(row.count)]));
  }

  /**
   * Admitted requests without an acknowledged start, those included whose output this relayer still has to reveal; those beyond the speculation caps come once they are
   * final.
   */
  async unstarted(limit: number): Promise<readonly RequestArgs[]> {
    const candidates = await this.#db
      .selectFrom("requests")
      .select(["id", "requester", "final_at"])
      .where("started_at", "is", null)
      .where("closed_at", "is", null)
      .where((where) => where.or([where("settled_as", "is", null), isRevealOwed()]))
      .where("refusal", "is", null)
      .where("parked", "=", 0)
      .orderBy("observed_at")
      .limit(CANDIDATES)
      .execute();
    if (candidates.length === 0) return [];
    const ids = (await this.#withinCaps(candidates)).slice(0, limit).map((row) => row.id);
    const rows = await this.#db
      .selectFrom("requests")
      .selectAll()
      .where("id", "in", ids)
      .orderBy("observed_at")
      .execute();
    return rows.map((row) => ({
      requestId: row.id,
      chain: row.chain,
      seq: String(row.seq),
      originTx: row.origin_tx,
      terms: termsToJson(readTerms(row)),
      closeAt: row.close_at,
      observedAt: row.observed_at,
    }));
  }

  /** Open requests that started before `before`, those compared with their workflow longest ago first. */
  async doubtful(before: number, limit: number): Promise<readonly Doubt[]> {
    const rows = await this.#db
      .selectFrom("requests")
      .select(["id", "settled_as", "settled_tx", "settled_at", "pending_tx", "pending_at", "close_at", "closing_moved"])
      .where("started_at", "<", before)
      .where("closed_at", "is", null)
      .where((where) => where.or([where("settled_at", "is", null), where("settled_at", "<", before)]))
      .where((where) => where.or([where("pending_at", "is", null), where("pending_at", "<", before)]))
      .orderBy((order) => order.fn.coalesce("checked_at", "started_at"))
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      requestId: row.id,
      settlement: readSettlement(row),
      closesAt: row.closing_moved === 1 ? row.close_at * 1000 : null,
    }));
  }

  async noteStarted(requestId: string): Promise<void> {
    await this.#set(requestId, { started_at: Date.now() });
  }

  async noteChecked(requestId: string): Promise<void> {
    await this.#set(requestId, { checked_at: Date.now() });
  }

  /** Its workflow does not exist: it is to be started again. */
  async noteLost(requestId: string): Promise<void> {
    await this.#set(requestId, { started_at: null });
  }

  async noteClosed(requestId: string): Promise<void> {
    await this.#set(requestId, { closed_at: Date.now() });
  }

  /** Its workflow was told that it is settled, and ends unless it has an output to reveal. */
  async noteSettled(requestId: string): Promise<void> {
    const row = await this.find(requestId);
    if (row !== undefined && !isRevealedLater(readTerms(row))) await this.noteClosed(requestId);
  }

  async #withinCaps<Row extends Pick<RequestRow, "requester" | "final_at">>(candidates: readonly Row[]) {
    const running = await this.#db
      .selectFrom("requests")
      .select((where) => ["requester", where.fn.countAll<number>().as("count")])
      .where("started_at", "is not", null)
      .where("final_at", "is", null)
      .where("closed_at", "is", null)
      .groupBy("requester")
      .execute();
    const perRequester = new Map(running.map((row) => [row.requester, Number(row.count)]));
    let total = running.reduce((sum, row) => sum + Number(row.count), 0);
    return candidates.filter((row) => {
      if (row.final_at !== null) return true;
      const own = perRequester.get(row.requester) ?? 0;
      if (total >= this.#caps.maxUnfinal || own >= this.#caps.maxUnfinalPerRequester) return false;
      total += 1;
      perRequester.set(row.requester, own + 1);
      return true;
    });
  }

  async #set(requestId: string, values: Partial<RequestRow>): Promise<void> {
    await this.#db.updateTable("requests").set(values).where("id", "=", requestId.toLowerCase()).execute();
  }
}

/** Delivered by its hash, not revealed yet, and the output is in this relayer's outbox. */
function isRevealOwed() {
  return sql<boolean>`(
    settled_as = 'delivered' and revealed_tx is null and json_extract(terms, '$.outputMode') = ${outputModes.hash}
    and exists (select 1 from effects where kind = 'evidence' and request_id = requests.id)
  )`;
}

function readSettlement(
  row: Pick<RequestRow, "settled_as" | "settled_tx" | "settled_at" | "pending_tx" | "pending_at">,
): Settlement | null {
  if (row.settled_as !== null && row.settled_tx !== null && row.settled_at !== null) {
    // CAST: written from an Outcome by `standingAfter`.
    return { outcome: row.settled_as as Outcome, tx: row.settled_tx, at: row.settled_at };
  }
  if (row.pending_tx === null || row.pending_at === null) return null;
  return { outcome: "pending", tx: row.pending_tx, at: row.pending_at };
}

function verdictOf(row: RequestRow): GatewayVerdict {
  const callback = row.callback === "succeeded" || row.callback === "failed" ? row.callback : "none";
  if (row.pending_tx !== null) return { outcome: "pending", rejection: null, callback };
  if (row.settled_as !== "delivered" && row.settled_as !== "declined") {
    return { outcome: "rejected", rejection: "expired", callback: "none" };
  }
  return { outcome: row.settled_as, rejection: null, callback };
}

function readTerms(row: { readonly terms: string }): Terms {
  // CAST: written by termsToJson in `applyStep`.
  return termsFromJson(JSON.parse(row.terms) as TermsJson);
}
