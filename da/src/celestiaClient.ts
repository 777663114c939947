import { HeraldError } from "@herald/wire/errors";
import { type Hex, hexToBytes } from "viem";
import { z } from "zod";
import { type Blob, blobSchema, blobToRpc } from "./blob.js";
import { type CommitmentProof, commitmentProofSchema } from "./commitmentProof.js";
import { type ExtendedHeader, extendedHeaderSchema } from "./extendedHeader.js";
import { type JsonRpcParameters, jsonRpc } from "./jsonRpc.js";
import type { Namespace } from "./namespace.js";
import { rpcInteger, rpcList } from "./rpcValues.js";

export interface CelestiaClientParameters extends JsonRpcParameters {
  /** Limit for reads, in milliseconds. Default 15 000. */
  readonly readTimeoutMs?: number;
  /** Limit for a submission, in milliseconds; it returns only once a block holds it. Default 60 000. */
  readonly submitTimeoutMs?: number;
}

/** How a submission pays. Everything left out is the node's choice. */
export interface SubmitOptions {
  /** utia per gas. */
  readonly gasPrice?: number;
  /** utia per gas the node's own estimate may reach. */
  readonly maxGasPrice?: number;
  readonly gas?: bigint;
  /** 1 low, 2 medium, 3 high. */
  readonly priority?: 1 | 2 | 3;
  /** bech32 account in the node's keyring. */
  readonly signerAddress?: string;
}

/** Where a blob is: the same blob may be on the chain at several heights. */
export interface BlobLocator {
  readonly height: bigint;
  readonly namespace: Namespace;
  readonly commitment: Hex;
}

/**
 * The calls of celestia-node that Herald uses. What they return is what the node says: `confirmBlob` and `verifyEvidence` check it.
 * Every call throws what `jsonRpc` throws.
 */
export interface CelestiaClient {
  /** The node answers and accepts the token. */
  ready(signal?: AbortSignal): Promise<boolean>;
  /** The newest header the node holds. */
  localHead(signal?: AbortSignal): Promise<ExtendedHeader>;
  headerAt(height: bigint, signal?: AbortSignal): Promise<ExtendedHeader>;
  /** Posts blobs in one transaction, so all at one height or none; returns that height. Not idempotent: see `publishBlobs`. */
  submitBlobs(
    namespace: Namespace,
    blobs: readonly Uint8Array[],
    options?: SubmitOptions,
    signal?: AbortSignal,
  ): Promise<bigint>;
  /** Throws DA_NOT_FOUND if the blob is not there. */
  blobAt(locator: BlobLocator, signal?: AbortSignal): Promise<Blob>;
  /** Every blob of a namespace at a height. */
  blobsAt(height: bigint, namespace: Namespace, signal?: AbortSignal): Promise<readonly Blob[]>;
  commitmentProof(locator: BlobLocator, signal?: AbortSignal): Promise<CommitmentProof>;
  /** Account the node pays from (bech32). */
  accountAddress(signal?: AbortSignal): Promise<string>;
  /** Its balance in utia. */
  balance(signal?: AbortSignal): Promise<bigint>;
}

const height = rpcInteger.refine((value) => value > 0n);
const coin = z.object({ denom: z.literal("utia"), amount: rpcInteger });

/** A client of one celestia-node; holds no connection and no state. */
export function createCelestiaClient(parameters: CelestiaClientParameters): CelestiaClient {
  const { readTimeoutMs = 15_000, submitTimeoutMs = 60_000 } = parameters;
  const read = <Result>(method: string, params: unknown[], result: z.ZodType<Result>, signal?: AbortSignal) =>
    jsonRpc(parameters, { method, params, result, timeoutMs: readTimeoutMs }, signal);
  return {
    ready: (signal) => read("node.Ready", [], z.boolean(), signal),
    localHead: (signal) => read("header.LocalHead", [], extendedHeaderSchema, signal),
    headerAt: async (at, signal) => {
      const header = await read("header.GetByHeight", [toNumber(at)], extendedHeaderSchema, signal);
      if (header.height === at) return header;
      throw new HeraldError({
        code: "DA_UNEXPECTED_RESPONSE",
        message: "The Celestia node answered with the header of another height.",
        facts: { asked: at, received: header.height },
        actor: "upstream",
        retry: { afterMs: 10_000 },
      });
    },
    submitBlobs: (namespace, blobs, options = {}, signal) =>
      jsonRpc(
        parameters,
        {
          method: "blob.Submit",
          params: [blobs.map((data) => blobToRpc(namespace, data)), txConfig(options)],
          result: height,
          timeoutMs: submitTimeoutMs,
        },
        signal,
      ),
    blobAt: (locator, signal) => read("blob.Get", place(locator), blobSchema, signal),
    blobsAt: (at, namespace, signal) =>
      read("blob.GetAll", [toNumber(at), [base64(namespace)]], rpcList(blobSchema), signal),
    commitmentProof: (locator, signal) =>
      read("blob.GetCommitmentProof", place(locator), commitmentProofSchema, signal),
    accountAddress: (signal) => read("state.AccountAddress", [], z.string().min(1), signal),
    balance: async (signal) => (await read("state.Balance", [], coin, signal)).amount,
  };
}

function place({ height, namespace, commitment }: BlobLocator): unknown[] {
  return [toNumber(height), base64(namespace), base64(commitment)];
}

function base64(hex: Hex): string {
  return Buffer.from(hexToBytes(hex)).toString("base64");
}

function toNumber(value: bigint): number {
  if (value > 0n && value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw new HeraldError({
    code: "DA_INVALID_REQUEST",
    message: "A Celestia height is a positive integer.",
    facts: { received: value },
    actor: "bug",
    retry: "never",
  });
}

// The node ignores a gas price unless `is_gas_price_set` is there, and panics on null instead of an object.
function txConfig(options: SubmitOptions): Record<string, unknown> {
  return {
    ...(options.gasPrice !== undefined && { gas_price: options.gasPrice, is_gas_price_set: true }),
    ...(options.maxGasPrice !== undefined && { max_gas_price: options.maxGasPrice }),
    ...(options.gas !== undefined && { gas: Number(options.gas) }),
    ...(options.priority !== undefined && { tx_priority: options.priority }),
    ...(options.signerAddress !== undefined && { signer_address: options.signerAddress }),
  };
}
