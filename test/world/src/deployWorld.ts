import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Deployment } from "@herald/deploy/deployment";
import { deployPlanSchema } from "@herald/deploy/plan/deployPlan";
import { formatFindings } from "@herald/deploy/plan/finding";
import { deploy } from "@herald/deploy/run/deploy";
import { openStateFile } from "@herald/deploy/state/stateFile";
import { verifyDeployment } from "@herald/deploy/verify/verifyDeployment";
import { HeraldError } from "@herald/wire/errors";
import { type Address, parseEther } from "viem";
import type { LocalChain } from "./chain/startChain.js";
import type { WorldKey } from "./folder/makeKey.js";
import type { WorldKeys } from "./folder/makeKeys.js";
import { dappName, localPlan, policyName } from "./localPlan.js";

/** What `deployWorld` leaves behind. */
export interface WorldDeployment {
  readonly deployment: Deployment;
  /** The example dapp of each origin. */
  readonly dapps: Readonly<Record<string, Address>>;
  /** The attested policy, the same number on every origin. */
  readonly policyId: number;
}

/** The chains of a world that is starting, and its keys. */
export interface WorldToDeploy {
  readonly hub: Promise<LocalChain>;
  readonly origins: readonly Promise<LocalChain>[];
  readonly keys: WorldKeys;
}

/** Deploying on all chains at once, each step is a matter of milliseconds. */
const pollMs = 10;

/**
 * Funds everyone and deploys as `herald deploy` would, from a plan and into a state that stay in the world's `deployment` folder; then
 * verifies as `herald deploy verify` would.
 * @throws HeraldError SETUP_DEPLOYMENT_UNSOUND or DEPLOY_*
 */
export async function deployWorld(folder: string, world: WorldToDeploy): Promise<WorldDeployment> {
  const { keys } = world;
  const [hub, origins] = await Promise.all([world.hub, Promise.all(world.origins)]);
  const home = join(folder, "deployment");
  mkdirSync(home, { mode: 0o700 });
  const deployers = new Map([hub, ...origins].map(({ name }) => [name, keys.deployer(name)]));
  const written = localPlan({ hub, origins, keys, deployers });
  writeFileSync(join(home, "plan.json"), `${JSON.stringify(written, null, 2)}\n`, { mode: 0o600 });
  const plan = deployPlanSchema.parse(written);
  await Promise.all([
    fund(hub, [deployerOf(deployers, hub.name), keys.publisher, ...keys.validators.map(({ signer }) => signer)]),
    ...origins.map((chain) => fund(chain, [deployerOf(deployers, chain.name), keys.relayer, keys.client])),
  ]);
  const state = openStateFile(join(home, "state.json"));
  const deployment = await deploy({ plan, state, pollMs, account: (name) => deployerOf(deployers, name).account });
  // Validators announce themselves once they run.
  const findings = (await verifyDeployment(plan, state)).filter(({ code }) => code !== "VALIDATOR_NOT_ANNOUNCED");
  if (findings.length > 0) throw unsound(home, formatFindings(findings));
  const found = origins.map(({ name }) => [name, state.chains[name]] as const);
  return {
    deployment,
    dapps: Object.fromEntries(
      found.flatMap(([name, it]) => {
        const address = it?.contracts[`dapp:${dappName}`]?.address;
        return address === undefined ? [] : [[name, address]];
      }),
    ),
    policyId: found[0]?.[1]?.ids[`policy:${policyName}`] ?? 0,
  };
}

/** Each chain has a deployer of its own, see `WorldKeys`. */
function deployerOf(deployers: ReadonlyMap<string, WorldKey>, chain: string): WorldKey {
  const key = deployers.get(chain);
  if (key === undefined) throw new TypeError(`no deployer was made for ${chain}`);
  return key;
}

async function fund({ node }: LocalChain, keys: readonly WorldKey[]): Promise<void> {
  await Promise.all(keys.map(({ account }) => node.fund(account.address, parseEther("1000"))));
}

function unsound(folder: string, findings: string): HeraldError {
  return new HeraldError({
    code: "SETUP_DEPLOYMENT_UNSOUND",
    message: "What was deployed on the local chains is not what was planned.",
    facts: { folder, findings: `\n${findings}` },
    fix: "Build the contracts and the packages anew; if that changes nothing, it is a bug.",
    actor: "bug",
    retry: "never",
  });
}
