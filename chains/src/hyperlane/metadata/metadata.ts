import type { Log } from "@herald/wire/log";
import type { Address, Hex, LocalAccount, PublicClient } from "viem";
import type { DispatchedMessage } from "../dispatchedMessages.js";
import type { BoundedFetch } from "../fetch/boundedFetch.js";
import type { OriginTree } from "../originTree.js";
import type { SignatureSource } from "./signatureSource.js";

/** Why one validator's signature does not count, or what else is waited for. */
export interface MissingReason {
  readonly validator: Address;
  readonly kind: string;
  readonly reason: string;
}

/** Signatures are missing: nothing failed, somebody has to sign first. */
export interface Unsigned {
  readonly state: "unsigned";
  /** Valid signatures for one and the same root. */
  readonly signed: number;
  readonly threshold: number;
  readonly reasons: readonly MissingReason[];
  /**
   * Looks at the validators' files only, for the sets just read: whether there are enough signatures now, and so whether asking again, which
   * reads the chain anew, is worth it. The sets may have changed meanwhile.
   */
  readonly hasEnough: () => Promise<boolean>;
}

/** What a security module is given to verify a message. */
export interface ReadyMetadata {
  readonly state: "ready";
  readonly metadata: Hex;
  /** False where the module says yes only inside `Mailbox.process`, so that it cannot be asked beforehand. */
  readonly canBeTried: boolean;
}

export type Metadata = ReadyMetadata | Unsigned;

/** What metadata is made from. */
export interface MetadataContext {
  /** Of the destination chain. */
  readonly client: PublicClient;
  readonly message: DispatchedMessage;
  /** Of the message, in the tree its validators sign. */
  readonly leaf: { readonly index: number; readonly merkleTreeHook: Address };
  readonly signatures: SignatureSource;
  /** The origin's own word on the tree; without it roots are the validators' word, and merkle-root modules cannot be served. */
  readonly originTree: OriginTree | undefined;
  /** Who will send `Mailbox.process`. */
  readonly relayer: Address | undefined;
  /** Fetches what CCIP-read modules ask for. */
  readonly fetch: BoundedFetch;
  /** Signs such questions; some servers ask for it. */
  readonly lookupSigner: LocalAccount | undefined;
  readonly log: Log;
}

/** Makes metadata for another module of the tree. */
export type Resolve = (ism: Address) => Promise<Metadata>;
