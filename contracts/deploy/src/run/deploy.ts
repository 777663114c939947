import type { LocalAccount } from "viem";
import type { Deployment } from "../deployment.js";
import type { DeployPlan } from "../plan/deployPlan.js";
import type { Site } from "../state/site.js";
import type { StateFile } from "../state/stateFile.js";
import { allSteps, type Sites } from "../steps/allSteps.js";
import type { ChainRun, Progress } from "./chainRun.js";
import { deploymentOf } from "./deploymentOf.js";
import { openSites } from "./openSites.js";
import { runSteps } from "./runSteps.js";
import { settle } from "./settle.js";

export interface DeployOptions {
  readonly plan: DeployPlan;
  readonly state: StateFile;
  /** Who deploys on a chain, and pays. */
  readonly account: (chain: string) => LocalAccount;
  readonly onProgress?: (progress: Progress) => void;
  /** Milliseconds between looks for a receipt; 1,000 unless told otherwise. */
  readonly pollMs?: number;
  /** Milliseconds after which fees are raised; 90,000 unless told otherwise. */
  readonly bumpAfterMs?: number;
}

/**
 * Brings all chains to what the plan says, as far as the deployer may. What is there already is left alone, so it goes on wherever an
 * earlier run of it ended, however that ended. Chains go on side by side; each phase begins once the one before has ended on all.
 * @throws HeraldError DEPLOY_* ; after one, what was done is in the state
 */
export async function deploy(options: DeployOptions): Promise<Deployment> {
  const { plan, state, account, onProgress = () => undefined, pollMs = 1_000, bumpAfterMs = 90_000 } = options;
  const sites = await openSites(plan, state, { deployer: (name) => account(name).address, planning: false });
  const runs = new Map<Site, ChainRun>(
    everySite(sites).map((site) => {
      const common = { pollMs, bumpAfterMs, save: () => state.save(), onProgress };
      return [site, { site, account: account(site.chain.name), ...common }];
    }),
  );
  await allOrFirst([...runs.values()].map((run) => settle(run)));
  for (const site of runs.keys()) site.state.waitingFor = [];
  for (const phase of allSteps(plan, sites)) {
    await allOrFirst(
      phase.map(async ({ site, steps }) => {
        const run = runs.get(site);
        if (run !== undefined) await runSteps(run, steps);
      }),
    );
  }
  state.save();
  return deploymentOf(plan, sites);
}

export function everySite({ hub, origins }: Sites): Site[] {
  return [hub, ...Object.values(origins)];
}

/** Waits for all, also after one has failed: no transaction of a chain is left alone because another chain's failed. */
async function allOrFirst(work: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  for (const result of results) if (result.status === "rejected") throw result.reason;
}
