import { type Address, isAddressEqual, parseAbi } from "viem";
import { heraldArtifact } from "../artifacts/heraldArtifact.js";
import { hyperlaneArtifact } from "../artifacts/hyperlaneArtifact.js";
import { openzeppelinArtifact } from "../artifacts/openzeppelinArtifact.js";
import { isCodeOf, type RuntimeCode } from "../artifacts/runtimeCode.js";
import type { DeployPlan, OriginPlan } from "../plan/deployPlan.js";
import type { Finding } from "../plan/finding.js";
import type { Site } from "../state/site.js";
import { ismFactoryAbi } from "../steps/multisigIsmStep.js";

/** Contracts of a chain and the code each must have; `undefined` where only that there is some. */
export type ExpectedCode = Readonly<Record<string, RuntimeCode | undefined>>;

/** Code of Hyperlane's core: ours is known to the byte; of what was there before see `checkExisting`. */
export function hyperlaneCode(site: Site): ExpectedCode {
  if (!site.ownHyperlane) {
    const core = ["mailbox", "merkleTreeHook", "multisigIsmFactory", "validatorAnnounce"];
    return Object.fromEntries([...core, "defaultHook", "requiredHook", "ism"].map((it) => [it, undefined]));
  }
  return {
    mailbox: hyperlaneArtifact("Mailbox").runtime,
    merkleTreeHook: hyperlaneArtifact("MerkleTreeHook").runtime,
    validatorAnnounce: hyperlaneArtifact("ValidatorAnnounce").runtime,
    multisigIsmFactory: hyperlaneArtifact("StaticMessageIdMultisigIsmFactory").runtime,
    requiredHook: hyperlaneArtifact("ProtocolFee").runtime,
    ism: undefined,
  };
}

/** Code of a timelock, where the plan asks for one. */
export function timelockCode(site: Site): ExpectedCode {
  if (site.plan.timelock === undefined) return {};
  return { timelock: openzeppelinArtifact("TimelockController").runtime };
}

/** Code of our contracts on the hub. */
export function hubCode({ hub }: DeployPlan): ExpectedCode {
  return codeOf({ resultHub: "ResultHub", ...(hub.workerRegistry && { workerRegistry: "WorkerRegistry" }) });
}

/** Code of our contracts on an origin. */
export function originCode({ dapps, infernet }: OriginPlan): ExpectedCode {
  return codeOf({
    gateway: "InferenceGateway",
    workerSets: "WorkerSets",
    attestedVerifier: "AttestedVerifier",
    ...(infernet && { infernetCoordinator: "InfernetCoordinator" }),
    ...Object.fromEntries(dapps.map((it) => [`dapp:${it}`, it])),
  });
}

function codeOf(contracts: Readonly<Record<string, string>>): ExpectedCode {
  return Object.fromEntries(Object.entries(contracts).map(([key, name]) => [key, heraldArtifact(name).runtime]));
}

/** Compares what is at the addresses with what was compiled. */
export async function checkCode(site: Site, expected: ExpectedCode): Promise<Finding[]> {
  const findings = await Promise.all(
    Object.entries(expected).map(async ([contract, runtime]): Promise<Finding[]> => {
      const address = site.find(contract);
      const onChain = address === undefined ? undefined : await site.chain.reader.getCode({ address });
      const at = { chain: site.chain.name, severity: "critical" as const };
      if (onChain === undefined) {
        const what = `there is no ${contract}${address === undefined ? "" : ` at ${address}`}`;
        return [
          { ...at, code: "CODE_MISSING", what, fix: "Run `herald deploy`; check that the state is of this chain." },
        ];
      }
      if (runtime === undefined || isCodeOf(onChain, runtime)) return [];
      const what = `the code of ${contract} at ${address} is not what is compiled here`;
      const fix =
        "Compare the version deployed with the version checked out; if they are the same, trust nothing at this address.";
      return [{ ...at, code: "CODE_DIFFERENT", what, fix }];
    }),
  );
  return findings.flat();
}

/** The module behind all of a factory's proxies: the factory's own code does not say which it is. */
export async function checkIsmImplementation(site: Site): Promise<Finding[]> {
  const { reader, name: chain } = site.chain;
  const factory = { address: site.need("multisigIsmFactory"), abi: ismFactoryAbi } as const;
  const address = await reader.readContract({ ...factory, functionName: "implementation" });
  const code = await reader.getCode({ address });
  if (isCodeOf(code, hyperlaneArtifact("StaticMessageIdMultisigIsm").runtime)) return [];
  if (!site.ownHyperlane) {
    const what = `the factory's module at ${address} is not the version of Hyperlane's message-id multisig known here`;
    const fix = "Compare the factory's address with Hyperlane's registry; read the module's code if it is not there.";
    return [{ chain, severity: "note", code: "HYPERLANE_UNKNOWN", what, fix }];
  }
  const what = `the factory's module at ${address} is not Hyperlane's message-id multisig`;
  const fix = "Trust no module of this factory; deploy another and gateways with it.";
  return [{ chain, severity: "critical", code: "CODE_DIFFERENT", what, fix }];
}

/** That a contract was built onto another and can never leave it. */
export interface Link {
  readonly contract: string;
  /** Which of its views names the other. */
  readonly by: "mailbox" | "sets" | "gateway";
  readonly to: string;
}

const linkAbi = parseAbi([
  "function mailbox() view returns (address)",
  "function sets() view returns (address)",
  "function gateway() view returns (address)",
]);

/** What the constructors were given: the code comparison leaves it out. */
export async function checkLinks(site: Site, links: readonly Link[]): Promise<Finding[]> {
  const findings = await Promise.all(
    links.map(async ({ contract, by, to }): Promise<Finding[]> => {
      const read = { address: site.need(contract), abi: linkAbi, functionName: by } as const;
      const given: Address = await site.chain.reader.readContract(read);
      if (isAddressEqual(given, site.need(to))) return [];
      const what = `${contract} is built onto ${given}, not onto the ${to} at ${site.need(to)}`;
      const fix = `Deploy ${contract} again; what it is built onto cannot be changed.`;
      return [{ chain: site.chain.name, severity: "critical", code: "MISWIRED", what, fix }];
    }),
  );
  return findings.flat();
}
