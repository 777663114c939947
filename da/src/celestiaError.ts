import { type ErrorActor, HeraldError, type RetryAdvice } from "@herald/wire/errors";

/** What a failed call to celestia-node is classified from. */
export interface CelestiaFailure {
  readonly method: string;
  /** Message of the JSON-RPC error, or the whole body where there was none. */
  readonly text: string;
  /** JSON-RPC error code; celestia-node uses 1 for every application error. */
  readonly rpcCode?: number;
  readonly httpStatus: number;
  /** Redacted. */
  readonly url: string;
}

interface Rule {
  readonly match: RegExp;
  readonly code: string;
  readonly message: string;
  readonly actor: ErrorActor;
  readonly retry: RetryAdvice;
  readonly fix?: string;
  /** Only for `blob.Submit` (true) or only for reads (false). */
  readonly submit?: boolean;
}

const UNKNOWN_OUTCOME = {
  code: "DA_UNKNOWN_OUTCOME",
  message: "A submission to Celestia may or may not land.",
  actor: "upstream",
  retry: { afterMs: 5_000 },
  fix: "Look for the commitment on chain before sending again; publishBlobs does.",
  submit: true,
} as const;

// Texts and codes: celestia-app x/blob/types/errors.go, pkg/user/tx_client.go; cosmos-sdk root codes 5, 11, 13, 19, 20, 21, 32;
// celestia-node blob and header services; go-jsonrpc auth and handler. All come as JSON-RPC code 1, so the text is all there is.
// The first match decides: what says that nothing was sent stands before what leaves it open.
const rules: readonly Rule[] = [
  {
    match: /missing permission to invoke/,
    code: "DA_UNAUTHORIZED",
    message: "The Celestia node's token does not permit this call.",
    actor: "operator",
    retry: "never",
    fix: "Configure a token of the level the node asks for (celestia bridge auth write).",
  },
  {
    match: /account sequence mismatch|incorrect account sequence|\bcode:? 32\b/,
    code: "DA_SEQUENCE_MISMATCH",
    message: "Another submission used this account's sequence number.",
    actor: "upstream",
    retry: { afterMs: 5_000 },
    fix: "Let one submitter use the account; if it persists, restart the Celestia node or use another account.",
  },
  {
    match: /tx already (exists )?in (mempool|cache)|already exists in cache|\bcode: 19\b/,
    code: "DA_ALREADY_PENDING",
    message: "The same transaction is already waiting in the mempool.",
    actor: "upstream",
    retry: { afterMs: 5_000 },
    submit: true,
  },
  {
    match:
      /insufficient fees|insufficient minimum gas price|insufficient gas price|insufficient estimated gas price|\bcode: 13\b/,
    code: "DA_FEE_TOO_LOW",
    message: "The Celestia network asks for a higher gas price.",
    actor: "operator",
    retry: "never",
    fix: "Raise the gas price, or leave it out and let the node estimate it.",
  },
  {
    match: /estimated gas price exceeds max gas price/,
    code: "DA_FEE_TOO_LOW",
    message: "The Celestia gas price is above the configured maximum.",
    actor: "operator",
    retry: { afterMs: 60_000 },
    fix: "Wait for the price to fall or raise the maximum.",
  },
  {
    match: /mempool is full|\bcode: 20\b/,
    code: "DA_MEMPOOL_FULL",
    message: "Celestia's mempool is full.",
    actor: "upstream",
    retry: { afterMs: 15_000 },
  },
  {
    match:
      /tx too large|transaction size exceeds|larger than the application's configured MaxTxSize|blob\(s\) too large|over size limit|request body too large|\bcode:? (21|11139|11142)\b/,
    code: "DA_TOO_LARGE",
    message: "The blobs do not fit one Celestia transaction.",
    actor: "bug",
    retry: "never",
    fix: "Split the batch (MAX_BATCH_BYTES).",
  },
  {
    match: /not allowed namespace|invalid data namespace|invalid namespace|unmarshaling params|\bcode:? 111\d\d\b/,
    code: "DA_INVALID_BLOB",
    message: "The Celestia node refuses the blobs as malformed.",
    actor: "bug",
    retry: "never",
    submit: true,
  },
  {
    match: /out of gas|\bcode:? 11\b/,
    code: "DA_OUT_OF_GAS",
    message: "The submission ran out of gas; its fee is lost.",
    actor: "operator",
    retry: "never",
    fix: "Leave the gas limit out, or raise it.",
    submit: true,
  },
  {
    match: /insufficient funds|account for signer .* not found|\bcode:? 5\b/,
    code: "DA_INSUFFICIENT_FUNDS",
    message: "The Celestia account cannot pay.",
    actor: "operator",
    retry: { afterMs: 60_000 },
    fix: "Fund the account the Celestia node pays from.",
    submit: true,
  },
  {
    match: /running without state access/,
    code: "DA_NO_STATE_ACCESS",
    message: "The Celestia node has no connection to a consensus node.",
    actor: "operator",
    retry: "never",
    fix: "Start it with --core.ip.",
  },
  {
    match:
      /was evicted|eviction poll timeout|transaction with hash .* not found|timed out waiting for tx|context (deadline exceeded|canceled)|code = (Unavailable|DeadlineExceeded|Canceled)/,
    ...UNKNOWN_OUTCOME,
  },
  {
    match: /from the future|head is not available|syncing in progress/,
    code: "DA_NOT_YET",
    message: "The Celestia node has not reached this height yet.",
    actor: "upstream",
    retry: { afterMs: 1_000 },
    submit: false,
  },
  {
    match: /is below Tail|data not found|requested data or resource could not be found|outside sampling window/,
    code: "DA_PRUNED",
    message: "The Celestia node no longer holds this height.",
    actor: "operator",
    retry: "never",
    fix: "Ask an archival node, or the evidence archive.",
    submit: false,
  },
  {
    match: /blob: not found/,
    code: "DA_NOT_FOUND",
    message: "The blob is not at this height of Celestia.",
    actor: "upstream",
    retry: { afterMs: 1_000 },
    submit: false,
  },
  {
    match: /context (deadline exceeded|canceled)|code = (Unavailable|DeadlineExceeded|Canceled)/,
    code: "DA_UNREACHABLE",
    message: "The Celestia node cannot reach its consensus node.",
    actor: "upstream",
    retry: { afterMs: 5_000 },
    submit: false,
  },
];

/** Turns a refused or failed call into an error that says who must act; the node's own words stay in the fact `reason`. */
export function celestiaError(failure: CelestiaFailure): HeraldError {
  const submit = failure.method === "blob.Submit";
  const { match: _, submit: __, ...outcome } = ruleFor(failure, submit);
  return new HeraldError({
    ...outcome,
    facts: {
      method: failure.method,
      url: failure.url,
      httpStatus: failure.httpStatus,
      rpcCode: failure.rpcCode,
      reason: failure.text.slice(0, 600),
      ...feeFacts(failure.text),
    },
  });
}

function ruleFor(
  { httpStatus, rpcCode, text }: CelestiaFailure,
  submit: boolean,
): Omit<Rule, "match"> & { match?: RegExp } {
  if (httpStatus === 401) {
    return {
      code: "DA_UNAUTHORIZED",
      message: "The Celestia node does not accept the token.",
      actor: "operator",
      retry: "never",
      fix: "Configure a valid token (celestia bridge auth write); it may have expired.",
    };
  }
  // A proxy answers 503 also for a connection that broke after it passed the request on.
  if (httpStatus === 503 && submit) return UNKNOWN_OUTCOME;
  if (httpStatus === 429 || httpStatus === 503) {
    return {
      code: "DA_BUSY",
      message: "The Celestia node has too many requests.",
      actor: "upstream",
      retry: { afterMs: 2_000 },
    };
  }
  if (httpStatus === 413) {
    return {
      code: "DA_TOO_LARGE",
      message: "The request is larger than the Celestia node takes.",
      actor: "bug",
      retry: "never",
    };
  }
  const rule = rules.find(({ match, submit: only }) => (only ?? submit) === submit && match.test(text));
  if (rule !== undefined) return rule;
  if (rpcCode === -32601) {
    return {
      code: "DA_UNSUPPORTED_METHOD",
      message: "The Celestia node does not know this method.",
      actor: "operator",
      retry: "never",
      fix: "Use a supported celestia-node version.",
    };
  }
  if (rpcCode !== undefined && rpcCode < -32000) {
    return {
      code: "DA_INVALID_REQUEST",
      message: "The Celestia node refuses the request as malformed.",
      actor: "bug",
      retry: "never",
    };
  }
  // A failure nobody has seen yet: of a submission nothing is known, a read is only not answered.
  if (submit) return UNKNOWN_OUTCOME;
  return {
    code: "DA_UNREACHABLE",
    message: "The Celestia node failed to answer.",
    actor: "upstream",
    retry: { afterMs: 5_000 },
  };
}

function feeFacts(text: string): Record<string, string> {
  const asked = /required: ?(\d+)utia/.exec(text)?.[1];
  const offered = /got: ?(\d+)utia/.exec(text)?.[1];
  return { ...(asked && { requiredUtia: asked }), ...(offered && { offeredUtia: offered }) };
}
