import { HeraldError } from "@herald/wire/errors";
import { formatEther } from "viem";
import { checkPlan } from "../plan/checkPlan.js";
import type { DeployPlan } from "../plan/deployPlan.js";
import { formatFindings } from "../plan/finding.js";
import type { Sites } from "../steps/allSteps.js";
import { checkOwnerCode } from "../verify/checkOwners.js";
import type { ChainPreview } from "./preview.js";

/**
 * Refuses, before anything is sent, a plan that would end in an unsafe deployment, and accounts that cannot pay for it.
 * @throws HeraldError DEPLOY_PLAN_UNSAFE or DEPLOY_UNFUNDED
 */
export async function preflight(plan: DeployPlan, sites: Sites, chains: readonly ChainPreview[]): Promise<void> {
  const owners = await Promise.all(
    [sites.hub, ...Object.values(sites.origins)].map((site) => checkOwnerCode(site, plan.environment)),
  );
  const findings = [...checkPlan(plan), ...owners.flat()].filter(({ severity }) => severity !== "note");
  if (findings.length > 0) {
    throw new HeraldError({
      code: "DEPLOY_PLAN_UNSAFE",
      message: "The plan would end in an unsafe deployment; nothing was sent.",
      facts: Object.fromEntries(findings.map((it, i) => [`${i + 1}`, `\n${formatFindings([it])}`])),
      fix: "Correct the plan.",
      actor: "operator",
      retry: "never",
    });
  }
  const short = chains.filter(({ gas, gasPrice, balance }) => gas > 0 && balance < BigInt(gas) * gasPrice);
  if (short.length === 0) return;
  throw new HeraldError({
    code: "DEPLOY_UNFUNDED",
    message: "A deployer cannot pay for what is left to do; nothing was sent.",
    facts: Object.fromEntries(
      short.map(({ site, gas, gasPrice, balance }) => [
        site.chain.name,
        `${site.deployer} has ${formatEther(balance)}, needs about ${formatEther(BigInt(gas) * gasPrice)}`,
      ]),
    ),
    fix: "Send the deployer what is missing and half as much again, and run the same command again.",
    actor: "operator",
    retry: "never",
  });
}
