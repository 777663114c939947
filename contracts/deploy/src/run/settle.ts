import { setTimeout as sleep } from "node:timers/promises";
import { parseAddress } from "@herald/wire/ids";
import { type TransactionReceipt, TransactionReceiptNotFoundError } from "viem";
import type { InFlight } from "../state/deployState.js";
import { broadcast } from "./broadcast.js";
import type { ChainRun } from "./chainRun.js";
import { raiseFees } from "./raiseFees.js";
import { stepFailed } from "./stepFailed.js";

/** So often must a nonce be seen used without a receipt of ours: nodes behind one URL are not at the same block. */
const LOST_LOOKS = 5;

/**
 * Waits for the transaction that is written down, if there is one, and keeps what came of it. It is broadcast again and again, with higher
 * fees after a while; all its forms have one nonce. If another transaction took that nonce ours is dead, and the step is looked at anew.
 * @throws HeraldError DEPLOY_STEP_FAILED
 */
export async function settle(run: ChainRun, { fresh = false } = {}): Promise<void> {
  const { site } = run;
  const { reader } = site.chain;
  const inFlight = site.state.inFlight;
  if (inFlight === undefined) return;
  let told = false;
  const send = async () => {
    await broadcast(run, inFlight);
    if (!told) run.onProgress({ chain: site.chain.name, what: inFlight.what, moment: "sent" });
    told = true;
  };
  let bumpAt = Date.now() + run.bumpAfterMs;
  let lost = 0;
  if (fresh) await send();
  for (;;) {
    const receipt = await receiptOf(run, inFlight);
    if (receipt !== undefined) {
      const depth = site.plan.confirmations === 1 ? 1n : (await reader.getBlockNumber()) - receipt.blockNumber + 1n;
      if (depth >= BigInt(site.plan.confirmations)) return keep(run, inFlight, receipt);
    } else if ((await reader.getTransactionCount({ address: site.deployer })) > inFlight.nonce) {
      lost += 1;
      if (lost >= LOST_LOOKS) {
        delete site.state.inFlight;
        return run.save();
      }
    } else {
      lost = 0;
      if (Date.now() >= bumpAt) {
        await raiseFees(run, inFlight);
        bumpAt = Date.now() + run.bumpAfterMs;
      }
      await send();
    }
    await sleep(run.pollMs);
  }
}

async function receiptOf(run: ChainRun, { attempts }: InFlight): Promise<TransactionReceipt | undefined> {
  for (const { hash } of attempts) {
    try {
      return await run.site.chain.reader.getTransactionReceipt({ hash });
    } catch (error) {
      if (!(error instanceof TransactionReceiptNotFoundError)) throw error;
    }
  }
  return undefined;
}

/** Writes down what the transaction did, and that none is in flight, in one. */
function keep(run: ChainRun, { what, creates }: InFlight, receipt: TransactionReceipt): void {
  const { site } = run;
  const { transactionHash: hash, contractAddress } = receipt;
  const block = Number(receipt.blockNumber);
  delete site.state.inFlight;
  if (receipt.status !== "success") {
    run.save();
    throw stepFailed(site, what, { transaction: hash });
  }
  site.state.transactions.push({ what, hash, block });
  if (creates !== undefined && contractAddress) {
    site.state.contracts[creates] = { address: parseAddress(contractAddress), block, hash };
  }
  run.save();
  run.onProgress({ chain: site.chain.name, what, moment: "done" });
}
