import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pad, zeroAddress } from "viem";
import { type DeployPlan, deployPlanSchema } from "../src/plan/deployPlan.js";
import { type DeployOptions, deploy } from "../src/run/deploy.js";
import { openStateFile } from "../src/state/stateFile.js";
import { verifyDeployment } from "../src/verify/verifyDeployment.js";
import { newKey, startAnvil } from "./startAnvil.js";

/** A hub and an origin, keys, a plan for them, and a folder for the state. */
export type TestWorld = Awaited<ReturnType<typeof openTestWorld>>;

/** @param environment in `production` a timelock owns everything on each chain; tests propose to it, or send in its name */
export async function openTestWorld(environment: DeployPlan["environment"] = "local") {
  const [hub, base] = await Promise.all([startAnvil("hub", 41_001), startAnvil("base", 41_002)]);
  const folder = mkdtempSync(join(tmpdir(), "herald-deploy-test-"));
  const deployer = newKey();
  const [guardian, publisher, fees, outsider] = [newKey(), newKey(), newKey(), newKey()];
  const [proposer, slasher, token] = [newKey(), newKey(), newKey()];
  const validators = [newKey(), newKey(), newKey()];
  const workers = [newKey(), newKey()].map((it) => ({ key: it.address, operator: newKey().address }));
  const chains = [hub, base];
  for (const chain of chains) await chain.fund(deployer.address);
  await base.client.setCode({ address: token.address, bytecode: "0x00" });
  const timelock = { delay: 86_400, proposers: [proposer.address], executors: [zeroAddress] };
  const owner = environment === "local" ? { owner: deployer.address } : { timelock };
  // A domain unlike the chain id: they are different things.
  const place = ({ chainId, rpc }: (typeof chains)[number]) => ({
    ...{ chainId, domain: chainId + 1_000_000, rpc, ...owner, deployer: { keyEnv: "DEPLOYER_KEY" } },
  });
  const written = {
    environment,
    hub: {
      name: "hub",
      ...place(hub),
      publishers: [publisher.address],
      workerRegistry: {
        ...{ recipient: fees.address, minStake: "1000", unbondingTime: 3_600, jailTime: 60, slasher: slasher.address },
      },
    },
    origins: {
      base: {
        ...place(base),
        security: { validators: validators.map(({ address }) => address), threshold: 2 },
        protocolFee: "1000",
        feeRecipient: fees.address,
        feeTokens: [{ token: token.address, fee: "5" }],
        maxMessageGas: 10_000_000,
        infernet: {
          routes: [
            {
              ...{ containers: "a-model", modelId: pad("0xa1"), policy: "attested", shape: "text", relayBps: 2_000 },
              ...{ callbackGas: 1_000_000, ttl: 600, minimum: "1000" },
            },
          ],
        },
        dapps: ["AskDapp"],
      },
    },
    guardian: guardian.address,
    workerSets: { main: workers },
    policies: { attested: { set: "main", k: 2, minTtl: 60, verifyGas: 300_000 } },
  };
  const plan = deployPlanSchema.parse(written);
  const stateFile = join(folder, "deployment.json");
  return {
    ...{
      hub,
      base,
      chains,
      deployer,
      proposer,
      guardian,
      publisher,
      outsider,
      validators,
      workers,
      token,
      written,
      plan,
    },
    ...{ folder, stateFile },
    deploy: (options: Partial<DeployOptions> = {}) =>
      deploy({ plan, state: openStateFile(stateFile), pollMs: 10, account: () => deployer.account, ...options }),
    verify: (changed: DeployPlan = plan) => verifyDeployment(changed, openStateFile(stateFile)),
    /** How many transactions the deployer has sent, on each chain. */
    nonces: () => Promise.all(chains.map(({ client }) => client.getTransactionCount({ address: deployer.address }))),
    /** Sends what the state waits for, in the owner's name. */
    accept: async () => {
      for (const [name, chain] of Object.entries({ hub, base })) {
        for (const { from, to, data } of openStateFile(stateFile).chains[name]?.waitingFor ?? []) {
          await chain.sendAs(from, to, data);
        }
      }
    },
    stop: async () => {
      await Promise.all(chains.map((chain) => chain.stop()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
