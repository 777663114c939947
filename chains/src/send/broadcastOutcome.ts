import { errorText } from "./errorText.js";

/**
 * What a node's refusal of `eth_sendRawTransaction` means.
 *
 * - `known`: the node has exactly these bytes already
 * - `nonceUsed`: some transaction with this nonce is mined; receipts say whether it is ours
 * - `underpriced`: the fee does not get it in, or does not replace what waits with the same nonce
 * - `unfunded`: the account cannot pay for it
 * - `refused`: these bytes can never be accepted, whatever the fee
 * - `unknown`: anything else (a lost connection, a full pool, a new text): it may have been accepted
 */
export type BroadcastOutcome = "known" | "nonceUsed" | "underpriced" | "unfunded" | "refused" | "unknown";

// By text, never by code: clients and providers share -32000 and -32603 for everything. Sources: geth core/txpool/errors.go, core/error.go,
// internal/ethapi; erigon txpoolcfg.go (DiscardReason); nethermind AcceptTxResult.cs; reth transaction-pool/src/error.rs; besu
// RpcErrorType.java; anvil eth/error.rs. The first match decides: "replacement transaction underpriced" also says "underpriced".
const rules: readonly (readonly [BroadcastOutcome, RegExp])[] = [
  [
    "known",
    /already known|known transaction|already ?imported|existing tx with same hash|AlreadyKnown|tx already (exists )?in mempool/i,
  ],
  ["nonceUsed", /nonce (is )?too low|OldNonce|nonce below|nonce has already been used|NonceTooLow/i],
  [
    "underpriced",
    /underpriced|could not replace existing tx|ReplacementNotAllowed|fee ?too ?low|gas price (is )?too low|max fee per gas less than block base fee|gas price below|fee cap less than block base fee|priority fee too low|base fee exceeds gas limit price/i,
  ],
  [
    "unfunded",
    /insufficient ?(funds|balance)|upfront cost exceeds|sender does ?n.t have enough funds|not enough funds|overdraft|cumulative cost/i,
  ],
  [
    "refused",
    /intrinsic ?gas|floor data gas|exceeds (block|maximum|max).{0,20} gas( limit)?|gas limit (too high|exceeds|reached|is too high)|GasLimitExceeded|gas limit.{0,24}greater than the cap|oversized data|RLPTooLong|MaxTxSizeExceeded|transaction (size|too large)|initcode|GasUintOverflow/i,
  ],
];

/** Reads what nodes answered to a broadcast. */
export function broadcastOutcome(error: unknown): BroadcastOutcome {
  const text = errorText(error);
  return rules.find(([, match]) => match.test(text))?.[0] ?? "unknown";
}
