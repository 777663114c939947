import { smollm2 } from "@herald/ritual/models/smollm2";
import type { LocalChain } from "./chain/startChain.js";
import type { WorldKey } from "./folder/makeKey.js";
import type { WorldKeys } from "./folder/makeKeys.js";

/** The one policy of a world, and the example dapp on its origins. */
export const policyName = "attested";
export const dappName = "AskDapp";

/** What consumers written for Infernet may ask of the coordinator: the language model, both workers signing (redundancy 2). */
const infernetRoute = {
  containers: smollm2.manifest.name,
  modelId: smollm2.id,
  policy: policyName,
  shape: "text",
  relayBps: 2_000,
  callbackGas: 1_000_000,
  ttl: 600,
  minimum: "1000",
};

/** The deployment plan of a world, as `herald deploy --config` reads it from the world's `deployment` folder. */
export function localPlan(world: {
  readonly hub: LocalChain;
  readonly origins: readonly LocalChain[];
  readonly keys: WorldKeys;
  /** By chain. */
  readonly deployers: ReadonlyMap<string, WorldKey>;
}) {
  const { hub, origins, keys, deployers } = world;
  const owner = (chain: string) => deployers.get(chain)?.account.address;
  const validators = keys.validators.map(({ signer }) => signer.account.address);
  const chain = ({ name, chainId, node }: LocalChain) => ({
    ...{ chainId, domain: chainId, rpc: node.url, owner: owner(name) },
    deployer: { keyFile: `../${deployers.get(name)?.file}` },
  });
  const origin = (it: LocalChain) => ({
    ...chain(it),
    security: { validators, threshold: validators.length },
    protocolFee: "0",
    feeRecipient: owner(it.name),
    dapps: [dappName],
    infernet: { routes: [infernetRoute] },
  });
  return {
    environment: "local",
    hub: {
      name: hub.name,
      ...chain(hub),
      publishers: [keys.publisher.account.address],
      workerRegistry: { recipient: owner(hub.name), minStake: "1000000000000000000", unbondingTime: 600, jailTime: 60 },
    },
    origins: Object.fromEntries(origins.map((it) => [it.name, origin(it)])),
    guardian: owner(hub.name),
    workerSets: {
      local: keys.workers.map(({ signer, operator }) => ({
        key: signer.account.address,
        operator: operator.account.address,
      })),
    },
    // Both workers must sign; a request may be as short as ten seconds, which lets tests see a refund.
    policies: { [policyName]: { set: "local", k: 2, minTtl: 10, verifyGas: 300_000 } },
  };
}
