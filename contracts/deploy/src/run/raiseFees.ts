import { keccak256, parseTransaction, type TransactionSerializable } from "viem";
import type { InFlight } from "../state/deployState.js";
import type { ChainRun } from "./chainRun.js";

/** Nodes replace a transaction only by one that pays at least a tenth more, in every fee. */
const RAISED = [5n, 4n] as const;

/** Signs the transaction once more with the same nonce and higher fees, not below what the chain asks for now, and writes it down. */
export async function raiseFees(run: ChainRun, inFlight: InFlight): Promise<void> {
  const newest = inFlight.attempts.at(-1);
  if (newest === undefined) return;
  const {
    from: _from,
    r: _r,
    s: _s,
    v: _v,
    yParity: _parity,
    ...unsigned
  } = {
    from: undefined,
    ...parseTransaction(newest.raw),
  };
  const now = await feesNow(run, unsigned.maxFeePerGas !== undefined);
  const raise = (fee: bigint | undefined, least: bigint | undefined) => {
    const raised = ((fee ?? 0n) * RAISED[0]) / RAISED[1] + 1n;
    return least !== undefined && least > raised ? least : raised;
  };
  const fees =
    unsigned.maxFeePerGas === undefined
      ? { gasPrice: raise(unsigned.gasPrice, now.gasPrice) }
      : {
          maxFeePerGas: raise(unsigned.maxFeePerGas, now.maxFeePerGas),
          maxPriorityFeePerGas: raise(unsigned.maxPriorityFeePerGas, now.maxPriorityFeePerGas),
        };
  // CAST: the same kind of transaction as was parsed, without its signature.
  const raw = await run.account.signTransaction({ ...unsigned, ...fees } as TransactionSerializable);
  inFlight.attempts.push({ hash: keccak256(raw), raw });
  run.save();
}

async function feesNow(run: ChainRun, dynamic: boolean): Promise<Partial<Record<string, bigint>>> {
  const { reader } = run.site.chain;
  return dynamic ? reader.estimateFeesPerGas({ type: "eip1559" }) : reader.estimateFeesPerGas({ type: "legacy" });
}
