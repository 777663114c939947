import type { DispatchedMessage, GasPayment } from "./dispatchedMessages.js";
import { type MatchingElement, matches } from "./matchingList.js";

/** What must be paid on the origin before a message is delivered: Hyperlane's `gasPaymentEnforcement`. */
export type GasPolicy = { readonly matchingList?: readonly MatchingElement[] } & (
  | { readonly type: "none" }
  /** Payments of at least so much, in wei of the origin. */
  | { readonly type: "minimum"; readonly payment: bigint }
  /** Payments for at least this part of the gas the delivery takes. */
  | { readonly type: "onChainFeeQuoting"; readonly gasFraction?: { readonly of: bigint; readonly in: bigint } }
);

/** The official relayer's default. */
const HALF = { of: 1n, in: 2n };

/** Whether a message is delivered for what was paid. */
export type GasVerdict =
  | { readonly deliver: true }
  | { readonly deliver: false; readonly code: `HYPERLANE_GAS_${string}`; readonly reason: string };

/**
 * Judges by the first policy that matches the message; a message that none matches is not delivered.
 * `spentGas`: of deliveries that landed and reverted; they count as paid out.
 */
export function judgeGasPayment(
  policies: readonly GasPolicy[],
  message: DispatchedMessage,
  payments: readonly GasPayment[],
  gas: { readonly estimate: bigint; readonly spent: bigint },
): GasVerdict {
  const policy = policies.find((it) => {
    const list = it.matchingList ?? [];
    return list.length === 0 || matches(list, message);
  });
  const { estimate, spent } = gas;
  if (policy === undefined) return refused("HYPERLANE_GAS_NO_POLICY", "No gas payment policy is for this message.");
  if (policy.type === "none") return { deliver: true };
  if (payments.length === 0) return refused("HYPERLANE_GAS_UNPAID", "Nobody has paid for its delivery.");
  if (policy.type === "minimum") {
    const paid = payments.reduce((sum, it) => sum + it.payment, 0n);
    if (paid >= policy.payment) return { deliver: true };
    return refused("HYPERLANE_GAS_UNDERPAID", `${paid} wei are paid, ${policy.payment} are wanted.`);
  }
  const fraction = policy.gasFraction ?? HALF;
  const paidGas = payments.reduce((sum, it) => sum + it.gasAmount, 0n);
  const left = paidGas > spent ? paidGas - spent : 0n;
  if (left * fraction.in >= estimate * fraction.of) return { deliver: true };
  const part = `${fraction.of}/${fraction.in}`;
  const used = spent === 0n ? "" : `, ${spent} of it already used`;
  return refused("HYPERLANE_GAS_UNDERPAID", `Gas ${paidGas} is paid${used}, ${part} of ${estimate} is wanted.`);
}

function refused(code: `HYPERLANE_GAS_${string}`, reason: string): GasVerdict {
  return { deliver: false, code, reason };
}
