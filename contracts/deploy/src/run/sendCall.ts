import { keccak256, type TransactionSerializable } from "viem";
import type { Call } from "../steps/step.js";
import type { ChainRun } from "./chainRun.js";
import { settle } from "./settle.js";
import { stepFailed } from "./stepFailed.js";

/**
 * Sends one transaction and waits until it is held by the planned number of blocks. Its signed bytes are in the state before it is
 * broadcast: a run that is killed anywhere finds it again, and its nonce cannot be used twice.
 * @throws HeraldError DEPLOY_STEP_FAILED if the node refuses it or it reverts
 */
export async function sendCall(run: ChainRun, call: Call): Promise<void> {
  const { site, account } = run;
  const { reader } = site.chain;
  const { what, to, data, creates } = call;
  const signed = await (async () => {
    const nonce = await reader.getTransactionCount({ address: account.address, blockTag: "pending" });
    const request = { account, data, nonce, ...(to === undefined ? {} : { to }) };
    const prepared = await reader.prepareTransactionRequest(request);
    // Code and storage may differ a little in the block that takes it.
    const gas = ((prepared.gas ?? 0n) * 12n) / 10n;
    // CAST: what was prepared has a type and its fees; viem's result is a union too wide for its own signer.
    const raw = await account.signTransaction({ ...prepared, gas } as TransactionSerializable);
    return { nonce, raw };
  })().catch((cause) => {
    throw stepFailed(site, what, { to, cause });
  });
  const attempts = [{ hash: keccak256(signed.raw), raw: signed.raw }];
  site.state.inFlight = { what, nonce: signed.nonce, attempts, ...(creates === undefined ? {} : { creates }) };
  run.save();
  run.onProgress({ chain: site.chain.name, what, moment: "written" });
  await settle(run, { fresh: true });
}
