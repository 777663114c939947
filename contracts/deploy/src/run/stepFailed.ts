import { HeraldError } from "@herald/wire/errors";
import type { Address, Hex } from "viem";
import type { Site } from "../state/site.js";

/** One step could not be done; the run can be repeated once its cause is gone. */
export function stepFailed(
  site: Site,
  what: string,
  detail: { readonly to?: Address | undefined; readonly transaction?: Hex; readonly cause?: unknown },
): HeraldError {
  return new HeraldError({
    code: "DEPLOY_STEP_FAILED",
    message: "A step of the deployment failed.",
    facts: { chain: site.chain.name, step: what, to: detail.to, from: site.deployer, transaction: detail.transaction },
    fix: "Look at the cause; check that the account is funded, and run the same command again: what is done stays done.",
    actor: "operator",
    retry: "never",
    ...(detail.cause === undefined ? {} : { cause: detail.cause }),
  });
}
