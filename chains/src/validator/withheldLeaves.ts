import { setTimeout as delay } from "node:timers/promises";
import { errorCode } from "@herald/wire/errors";
import type { Log } from "@herald/wire/log";
import { Wake } from "@herald/wire/wake";
import { type Hex, isHex } from "viem";
import { z } from "zod";
import type { CheckpointFolder } from "./checkpointFolder.js";
import type { CheckpointSigner } from "./checkpointSigner.js";
import type { LeafCheck } from "./leafCheck.js";
import type { PlacedLeaf } from "./treeFollower.js";

/** Says of every leaf this validator has not signed why. */
const FILE = "withheld.json";
const CHECKS_AT_ONCE = 16;
const ADDED_AT_ONCE = 500;
/** A leaf that could not be confirmed is looked at again: its origin may have been behind, or not answered. */
const AGAIN_MS = { first: 500, most: 30_000 };

const hash = z.string().refine((text): text is Hex => isHex(text) && text.length === 66);
const entryForm = z.object({
  index: z.int().nonnegative(),
  messageId: hash,
  root: hash,
  transactionHash: hash,
  code: z.string(),
  reason: z.string(),
  actor: z.string(),
});
type Entry = z.infer<typeof entryForm>;

const UNCHECKED = { code: "VALIDATOR_CHECKING", reason: "It is being checked.", actor: "nobody" };

/**
 * Leaves that wait for their check, each on its own: one that is never confirmed keeps no other from being signed. They are in a file before the
 * validator's position passes them, so that a restart takes them up again.
 */
export class WithheldLeaves {
  readonly #check: LeafCheck;
  readonly #signer: CheckpointSigner;
  readonly #folder: CheckpointFolder;
  readonly #log: Log;
  readonly #signal: AbortSignal;
  readonly #entries = new Map<number, Entry>();
  /** When each is due, and how long it waits the next time. */
  readonly #due = new Map<number, { at: number; waitMs: number }>();
  readonly #checking = new Set<number>();
  #writing: Promise<void> = Promise.resolve();
  /** A write that has not begun: whoever comes meanwhile shares it. */
  #queued: Promise<void> | undefined;
  readonly #wake = new Wake();
  #failure: unknown;

  constructor(parameters: {
    readonly check: LeafCheck;
    readonly signer: CheckpointSigner;
    readonly folder: CheckpointFolder;
    readonly log: Log;
    readonly signal: AbortSignal;
  }) {
    this.#check = parameters.check;
    this.#signer = parameters.signer;
    this.#folder = parameters.folder;
    this.#log = parameters.log;
    this.#signal = parameters.signal;
  }

  /** Takes up what was withheld when the validator last ran. */
  async load(): Promise<void> {
    const text = await this.#folder.read(FILE);
    if (text === undefined) return;
    for (const entry of z.array(entryForm).parse(JSON.parse(text))) this.#enter(entry);
  }

  /** Adds leaves; it returns once they are on disk. Those signed already are left alone, a leaf that moved takes its old place's. */
  async add(leaves: readonly PlacedLeaf[]): Promise<void> {
    for (let first = 0; first < leaves.length; first += ADDED_AT_ONCE) {
      // Catching up: the file would grow as long as the chain's history if all were added before the first is looked at.
      while (first > 0 && [...this.#entries.values()].some((it) => it.code === UNCHECKED.code)) {
        this.throwIfFailed();
        this.#signal.throwIfAborted();
        await delay(20);
      }
      await this.#add(leaves.slice(first, first + ADDED_AT_ONCE));
    }
  }

  async #add(leaves: readonly PlacedLeaf[]): Promise<void> {
    for (const leaf of leaves) {
      if (await this.#signer.hasSigned(leaf)) continue;
      const { index, messageId, root, transactionHash } = leaf;
      const known = this.#entries.get(index);
      if (known?.messageId === messageId && known.root === root && known.transactionHash === transactionHash) continue;
      this.#enter({ index, messageId, root, transactionHash, ...UNCHECKED });
    }
    await this.#write();
    this.#wake.wake();
  }

  /** What went wrong while signing in the background; the validator must stop for it. */
  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Checks until the signal. */
  async run(): Promise<void> {
    const running = new Set<Promise<void>>();
    while (!this.#signal.aborted && this.#failure === undefined) {
      for (const index of this.#next()) {
        this.#checking.add(index);
        const one = this.#settle(index)
          .catch((error: unknown) => this.#fail(index, error))
          .finally(() => {
            this.#checking.delete(index);
            running.delete(one);
            this.#wake.wake();
          });
        running.add(one);
      }
      await this.#wake.sleep(this.#msToNext(), this.#signal);
    }
    await Promise.all(running);
  }

  /** A leaf signed otherwise ends the validator; anything else, such as a full disk, is tried again. */
  #fail(index: number, error: unknown): void {
    if (errorCode(error) === "VALIDATOR_REORG") this.#failure ??= error;
    else this.#log.warn("a checked leaf could not be signed; trying again", { index, error: String(error) });
    this.#due.set(index, { at: Date.now() + AGAIN_MS.first, waitMs: AGAIN_MS.first });
  }

  #enter(entry: Entry): void {
    this.#entries.set(entry.index, entry);
    this.#due.set(entry.index, { at: 0, waitMs: AGAIN_MS.first });
  }

  #next(): readonly number[] {
    const now = Date.now();
    const due = [...this.#due].filter(([index, { at }]) => at <= now && !this.#checking.has(index));
    return due.slice(0, CHECKS_AT_ONCE - this.#checking.size).map(([index]) => index);
  }

  #msToNext(): number {
    if (this.#checking.size >= CHECKS_AT_ONCE) return AGAIN_MS.most;
    const waiting = [...this.#due].filter(([index]) => !this.#checking.has(index)).map(([, { at }]) => at - Date.now());
    return Math.max(0, Math.min(AGAIN_MS.most, ...waiting));
  }

  async #settle(index: number): Promise<void> {
    const entry = this.#entries.get(index);
    if (entry === undefined) return;
    const withholding = await this.#check.examine(entry);
    // A reorganisation may have put another leaf there meanwhile.
    if (this.#signal.aborted || this.#entries.get(index) !== entry) return;
    if (withholding === undefined) {
      await this.#signer.signLeaf(entry);
      this.#entries.delete(index);
      this.#due.delete(index);
      await this.#write();
      return;
    }
    const due = this.#due.get(index) ?? { at: 0, waitMs: AGAIN_MS.first };
    this.#due.set(index, { at: Date.now() + due.waitMs, waitMs: Math.min(AGAIN_MS.most, due.waitMs * 2) });
    const { code, reason, actor } = withholding;
    if (entry.code === code && entry.reason === reason) return;
    this.#entries.set(index, { ...entry, code, reason, actor });
    this.#log.warn("leaf withheld", { index, messageId: entry.messageId, code, reason });
    await this.#write();
  }

  /** One write at a time, each with everything known when it begins. */
  async #write(): Promise<void> {
    this.#queued ??= this.#writing.then(() => {
      this.#queued = undefined;
      return this.#folder.write(FILE, JSON.stringify([...this.#entries.values()], null, 2));
    });
    this.#writing = this.#queued.catch(() => undefined);
    await this.#queued;
  }
}
