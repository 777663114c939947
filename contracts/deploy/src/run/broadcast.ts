import type { InFlight } from "../state/deployState.js";
import type { ChainRun } from "./chainRun.js";
import { raiseFees } from "./raiseFees.js";
import { stepFailed } from "./stepFailed.js";

/** The node has it, or had it, or has a form that pays more. */
const HAS_IT =
  /already known|known transaction|already imported|nonce too low|nonce is too low|lower than the current nonce|replacement transaction underpriced/i;
/** The block's base fee has risen above what it offers. */
const PAYS_TOO_LITTLE = /max fee per gas less than block base fee|fee cap|underpriced|maxFeePerGas.*cannot be lower/i;

/**
 * Gives the node the newest form of a transaction. That it has it already, or that the nonce is used, is no failure: receipts decide.
 * @throws HeraldError DEPLOY_STEP_FAILED if the node will not have it; it stays written down, and the next run tries it again
 */
export async function broadcast(run: ChainRun, inFlight: InFlight): Promise<void> {
  const newest = inFlight.attempts.at(-1);
  if (newest === undefined) return;
  try {
    await run.site.chain.reader.sendRawTransaction({ serializedTransaction: newest.raw });
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    if (HAS_IT.test(text)) return;
    if (PAYS_TOO_LITTLE.test(text)) return raiseFees(run, inFlight);
    throw stepFailed(run.site, inFlight.what, { transaction: newest.hash, cause });
  }
}
