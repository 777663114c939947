import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { infernetCoordinatorAbi } from "@herald/wire/abi/InfernetCoordinator";
import { resultHubAbi } from "@herald/wire/abi/ResultHub";
import { workerRegistryAbi } from "@herald/wire/abi/WorkerRegistry";
import { workerSetsAbi } from "@herald/wire/abi/WorkerSets";
import {
  type Abi,
  type Address,
  encodeFunctionData,
  type Hex,
  keccak256,
  pad,
  parseAbi,
  stringToHex,
  toHex,
  zeroAddress,
  zeroHash,
} from "viem";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { heraldArtifact } from "../src/artifacts/heraldArtifact.js";
import type { DeployPlan } from "../src/plan/deployPlan.js";
import { formatFindings } from "../src/plan/finding.js";
import { openSites } from "../src/run/openSites.js";
import { preflight } from "../src/run/preflight.js";
import { timelockProposal } from "../src/run/timelockProposal.js";
import { openStateFile } from "../src/state/stateFile.js";
import { newKey } from "./startAnvil.js";
import { openTestWorld, type TestWorld } from "./testWorld.js";

const ownable = parseAbi(["function transferOwnership(address newOwner)", "function acceptOwnership()"]);
const mailboxAbi = parseAbi([
  "function setDefaultHook(address hook)",
  "function setRequiredHook(address hook)",
  "function setDefaultIsm(address module)",
]);
const announceAbi = parseAbi([
  "function announce(address validator, string location, bytes signature) returns (bool)",
  "function getAnnouncementDigest(string location) view returns (bytes32)",
]);
const ismFactory = parseAbi([
  "function deploy(address[] values, uint8 threshold) returns (address)",
  "function getAddress(address[] values, uint8 threshold) view returns (address)",
]);

let world: TestWorld;
let snapshots: Hex[];

/** A production deployment, accepted by its owner, its validators announced: without a finding. */
beforeAll(async () => {
  world = await openTestWorld("production");
  await world.deploy();
  expect(await codes()).toEqual(
    expect.arrayContaining(["OWNER_IS_DEPLOYER", "OWNER_NOT_ACCEPTED", "VALIDATOR_NOT_ANNOUNCED"]),
  );
  await acceptByTimelock();
  await announce();
  expect(formatFindings(await world.verify())).toBe("");
});
afterAll(() => world?.stop());
beforeEach(async () => {
  snapshots = await Promise.all(world.chains.map(({ client }) => client.snapshot()));
});
afterEach(async () => {
  await Promise.all(world.chains.map(({ client }, i) => client.revert({ id: snapshots[i] ?? "0x" })));
});

const codes = async (plan: DeployPlan = world.plan) => (await world.verify(plan)).map(({ code }) => code);
const at = (chain: "hub" | "base", contract: string): Address =>
  openStateFile(world.stateFile).chains[chain]?.contracts[contract]?.address ?? "0x";
const number = (key: string) => openStateFile(world.stateFile).chains.base?.ids[key] ?? 0;
const own = (chain: "hub" | "base", contract: string, data: Hex) =>
  world[chain].sendAs(at(chain, "timelock"), at(chain, contract), data);

/** As people do it: a proposer schedules, a day passes, anyone executes. Nobody acts in the timelock's name. */
async function acceptByTimelock() {
  const { hub, origins } = await openSites(world.plan, openStateFile(world.stateFile), { planning: true });
  for (const [site, chain] of [[hub, world.hub] as const, [origins.base ?? expect.fail(), world.base] as const]) {
    const proposal = await timelockProposal(site);
    if (proposal?.schedule === undefined) return expect.fail("nothing to schedule");
    await expect(chain.sendAs(world.outsider.address, proposal.timelock, proposal.schedule)).rejects.toThrow();
    await chain.sendAs(world.proposer.address, proposal.timelock, proposal.schedule);
    await expect(chain.sendAs(world.outsider.address, proposal.timelock, proposal.execute)).rejects.toThrow();
    const { timestamp } = await chain.client.getBlock();
    expect(await timelockProposal(site)).toEqual({
      ...{ timelock: proposal.timelock, execute: proposal.execute, readyAt: Number(timestamp) + 86_400 },
    });
    await chain.client.increaseTime({ seconds: 86_400 });
    await chain.client.mine({ blocks: 1 });
    await chain.sendAs(world.outsider.address, proposal.timelock, proposal.execute);
    // The same batch can be proposed again, under another name.
    const again = await timelockProposal(site);
    expect(again?.schedule).toBeDefined();
    expect(again?.schedule).not.toBe(proposal.schedule);
  }
}

async function announce() {
  const address = at("hub", "validatorAnnounce");
  for (const { account } of world.validators) {
    const location = "file:///signatures";
    const read = { address, abi: announceAbi, functionName: "getAnnouncementDigest", args: [location] } as const;
    const digest = await world.hub.client.readContract(read);
    const signature = await account.sign({ hash: digest });
    const data = encodeFunctionData({
      abi: announceAbi,
      functionName: "announce",
      args: [account.address, location, signature],
    });
    await world.hub.sendAs(world.outsider.address, address, data);
  }
}

/** Puts a module with these terms in the place of the gateway's, as its constructor would have. */
async function gatewayWith(validators: readonly Address[], threshold: number) {
  const { client } = world.base;
  const factory = { address: at("base", "multisigIsmFactory"), abi: ismFactory } as const;
  const args = [validators, threshold] as const;
  await world.base.sendAs(
    world.outsider.address,
    factory.address,
    encodeFunctionData({ abi: ismFactory, functionName: "deploy", args }),
  );
  await gatewayOf(await client.readContract({ ...factory, functionName: "getAddress", args }));
}

/** The parameters of Hyperlane's modules are the end of their code: validators, their number and address, and the threshold before them. */
async function moduleAsksFor(threshold: number) {
  const address = at("base", "ism");
  const code = (await world.base.client.getCode({ address })) ?? "0x";
  const asks = (it: number) => `${pad("0x40").slice(2)}${pad(toHex(it)).slice(2)}`;
  expect(code).toContain(asks(2));
  // CAST: a word in the place of another.
  await world.base.client.setCode({ address, bytecode: code.replace(asks(2), asks(threshold)) as Hex });
}

/** Puts another module in the place of the gateway's. */
async function gatewayOf(ism: Address) {
  const { client } = world.base;
  const code = (await client.getCode({ address: at("base", "gateway") })) ?? "0x";
  const word = (address: Address) => address.slice(2).toLowerCase();
  // CAST: an address in the place of another.
  const bytecode = code.replaceAll(word(at("base", "ism")), word(ism)) as Hex;
  await client.setCode({ address: at("base", "gateway"), bytecode });
}

const setPublisher = (publisher: Address, enrolled: boolean) =>
  own(
    "hub",
    "resultHub",
    encodeFunctionData({ abi: resultHubAbi, functionName: "setPublisher", args: [publisher, enrolled] }),
  );
const setGateway = (domain: number, gateway: Hex, maxGas = 10_000_000) =>
  own(
    "hub",
    "resultHub",
    encodeFunctionData({ abi: resultHubAbi, functionName: "setGateway", args: [domain, gateway, maxGas] }),
  );
const setHub = (domain: number, hub: Hex, enrolled: boolean) =>
  own(
    "base",
    "gateway",
    encodeFunctionData({ abi: inferenceGatewayAbi, functionName: "setHub", args: [domain, hub, enrolled] }),
  );
const setHook = (functionName: "setDefaultHook" | "setRequiredHook" | "setDefaultIsm", to: string) =>
  own("hub", "mailbox", encodeFunctionData({ abi: mailboxAbi, functionName, args: [at("hub", to)] }));
const hand = (chain: "hub" | "base", contract: string, to: Address) =>
  own(chain, contract, encodeFunctionData({ abi: ownable, functionName: "transferOwnership", args: [to] }));
const replaceCode = (chain: "hub" | "base", contract: string, bytecode: Hex) =>
  world[chain].client.setCode({ address: at(chain, contract), bytecode });
const role = (name: string) => keccak256(stringToHex(name));
const timelockAbi = parseAbi([
  "function updateDelay(uint256 newDelay)",
  "function grantRole(bytes32 role, address account)",
  "function revokeRole(bytes32 role, address account)",
]);
const encode = (abi: Abi, functionName: string, args: readonly unknown[]) =>
  encodeFunctionData({ abi, functionName, args });
/** A timelock changes itself only. */
const onTimelock = (chain: "hub" | "base", functionName: string, args: readonly unknown[]) =>
  own(chain, "timelock", encode(timelockAbi, functionName, args));
const onGateway = (functionName: string, args: readonly unknown[]) =>
  own("base", "gateway", encode(inferenceGatewayAbi, functionName, args));
const onRegistry = (functionName: string, args: readonly unknown[]) =>
  own("hub", "workerRegistry", encode(workerRegistryAbi, functionName, args));
async function replacePart(functionName: "INBOX" | "WALLET_FACTORY") {
  const coordinator = { address: at("base", "infernetCoordinator"), abi: infernetCoordinatorAbi } as const;
  const address = await world.base.client.readContract({ ...coordinator, functionName });
  await world.base.client.setCode({ address, bytecode: heraldArtifact("WorkerSets").runtime.code });
}
const changed = (change: (plan: DeployPlan) => unknown): DeployPlan => {
  const plan = structuredClone(world.plan);
  change(plan);
  return plan;
};
/** As if the plan had named an owner that was there before. */
const ownedBy = (plan: { owner?: Address | undefined; timelock?: unknown }, owner: Address) =>
  Object.assign(plan, { owner, timelock: undefined });
const onBase = (change: (base: DeployPlan["origins"][string]) => unknown) =>
  changed(({ origins }) => change(origins.base ?? expect.fail("no base")));

/** One kind of sabotage each: what is done to the chains, and what must be found. */
const onChain: Record<string, { readonly harm: () => Promise<unknown>; readonly found: readonly string[] }> = {
  "a publisher the guardian revoked": {
    harm: () => {
      const data = encode(resultHubAbi, "revokePublisher", [world.publisher.address]);
      return world.hub.sendAs(world.guardian.address, at("hub", "resultHub"), data);
    },
    found: ["PUBLISHER_MISSING"],
  },
  "another publisher": { harm: () => setPublisher(world.outsider.address, true), found: ["PUBLISHER_UNEXPECTED"] },
  "another hub": { harm: () => setHub(5, pad(world.outsider.address), true), found: ["HUB_UNEXPECTED"] },
  "the hub forgotten by the gateway": {
    harm: () => setHub(world.plan.hub.domain, pad(at("hub", "resultHub")), false),
    found: ["LANE_ONE_SIDED"],
  },
  "another gateway in the place of ours": {
    harm: () => setGateway(world.plan.origins.base?.domain ?? 0, pad(world.outsider.address)),
    found: ["LANE_ONE_SIDED"],
  },
  "a lane that is not planned": {
    harm: () => setGateway(5, pad(world.outsider.address)),
    found: ["GATEWAY_UNEXPECTED"],
  },
  "a lower threshold": {
    harm: () =>
      gatewayWith(
        world.validators.map(({ address }) => address),
        1,
      ),
    found: ["ISM_DIFFERENT", "LANE_SINGLE_SIGNATURE"],
  },
  "a module that one signature passes": { harm: () => moduleAsksFor(1), found: ["LANE_SINGLE_SIGNATURE"] },
  "a module that everything passes": { harm: () => moduleAsksFor(0), found: ["THRESHOLD_ZERO"] },
  "a module that asks for another number": { harm: () => moduleAsksFor(3), found: ["THRESHOLD_DIFFERENT"] },
  "a module of the same terms that is not the planned one": {
    harm: async () => {
      const elsewhere = newKey().address;
      const code = (await world.base.client.getCode({ address: at("base", "ism") })) ?? "0x";
      await world.base.client.setCode({ address: elsewhere, bytecode: code });
      await gatewayOf(elsewhere);
    },
    found: ["ISM_DIFFERENT"],
  },
  "other validators": {
    harm: () => gatewayWith([world.outsider.address, newKey().address], 2),
    found: ["ISM_DIFFERENT", "VALIDATORS_DIFFERENT"],
  },
  "a gateway of no module": {
    harm: async () => {
      const code = (await world.base.client.getCode({ address: at("base", "gateway") })) ?? "0x";
      const ism = at("base", "ism").slice(2).toLowerCase();
      // CAST: zeros in the place of an address.
      await replaceCode("base", "gateway", code.replaceAll(ism, zeroAddress.slice(2)) as Hex);
    },
    found: ["ISM_MISSING"],
  },
  "a gateway of another Mailbox": {
    harm: async () => {
      const code = (await world.base.client.getCode({ address: at("base", "gateway") })) ?? "0x";
      const mailbox = at("base", "mailbox").slice(2).toLowerCase();
      // CAST: an address in the place of another.
      await replaceCode(
        "base",
        "gateway",
        code.replaceAll(mailbox, world.outsider.address.slice(2).toLowerCase()) as Hex,
      );
    },
    found: ["MISWIRED"],
  },
  "other code of the verifier": {
    harm: () => replaceCode("base", "attestedVerifier", heraldArtifact("WorkerSets").runtime.code),
    found: ["CODE_DIFFERENT", "CHECK_FAILED"],
  },
  "one byte changed in the Mailbox": {
    harm: async () => {
      const code = (await world.hub.client.getCode({ address: at("hub", "mailbox") })) ?? "0x";
      // CAST: one digit in the place of another.
      await replaceCode(
        "hub",
        "mailbox",
        `${code.slice(0, 2_001)}${code[2_001] === "0" ? "1" : "0"}${code.slice(2_002)}` as Hex,
      );
    },
    found: ["CODE_DIFFERENT", "CHECK_FAILED"],
  },
  "no code of the hub": { harm: () => replaceCode("hub", "resultHub", "0x"), found: ["CODE_MISSING", "CHECK_FAILED"] },
  "the default hook off the tree": { harm: () => setHook("setDefaultHook", "requiredHook"), found: ["HOOK_DIFFERENT"] },
  "another required hook": { harm: () => setHook("setRequiredHook", "merkleTreeHook"), found: ["HOOK_DIFFERENT"] },
  "another default module": {
    harm: () => setHook("setDefaultIsm", "merkleTreeHook"),
    found: ["DEFAULT_ISM_DIFFERENT"],
  },
  "the gateway on its way to another": {
    harm: () => hand("base", "gateway", world.outsider.address),
    found: ["OWNER_DIFFERENT"],
  },
  "the hub accepted by another": {
    harm: async () => {
      await hand("hub", "resultHub", world.outsider.address);
      const accept = encodeFunctionData({ abi: ownable, functionName: "acceptOwnership" });
      await world.hub.sendAs(world.outsider.address, at("hub", "resultHub"), accept);
    },
    found: ["OWNER_DIFFERENT"],
  },
  "the Mailbox given back to the deployer": {
    harm: () => hand("base", "mailbox", world.deployer.address),
    found: ["OWNER_IS_DEPLOYER"],
  },
  "an owner whose code is gone": {
    harm: () => replaceCode("base", "timelock", "0x"),
    found: ["CODE_MISSING", "CHECK_FAILED"],
  },
  "a timelock with other code": {
    harm: () => replaceCode("base", "timelock", heraldArtifact("WorkerSets").runtime.code),
    found: ["CODE_DIFFERENT", "CHECK_FAILED"],
  },
  "a timelock that waits less": {
    harm: () => onTimelock("base", "updateDelay", [1n]),
    found: ["TIMELOCK_DELAY_DIFFERENT"],
  },
  "another proposer": {
    harm: () => onTimelock("hub", "grantRole", [role("PROPOSER_ROLE"), world.outsider.address]),
    found: ["TIMELOCK_ROLE_UNEXPECTED"],
  },
  "another admin of the timelock": {
    harm: () => onTimelock("hub", "grantRole", [zeroHash, world.outsider.address]),
    found: ["TIMELOCK_ROLE_UNEXPECTED"],
  },
  "a proposer without the role": {
    harm: () => onTimelock("base", "revokeRole", [role("PROPOSER_ROLE"), world.proposer.address]),
    found: ["TIMELOCK_ROLE_MISSING"],
  },
  "nobody who may execute": {
    harm: () => onTimelock("base", "revokeRole", [role("EXECUTOR_ROLE"), zeroAddress]),
    found: ["TIMELOCK_ROLE_MISSING"],
  },
  "the registry on its way to another": {
    harm: () => hand("hub", "workerRegistry", world.outsider.address),
    found: ["OWNER_DIFFERENT"],
  },
  "the coordinator on its way to another": {
    harm: () => hand("base", "infernetCoordinator", world.outsider.address),
    found: ["OWNER_DIFFERENT"],
  },
  "another guardian of the gateway": {
    harm: () => onGateway("setGuardian", [world.outsider.address]),
    found: ["GUARDIAN_DIFFERENT"],
  },
  "another guardian of the hub": {
    harm: () => own("hub", "resultHub", encode(resultHubAbi, "setGuardian", [world.outsider.address])),
    found: ["GUARDIAN_DIFFERENT"],
  },
  "a paused gateway": { harm: () => onGateway("pause", []), found: ["GATEWAY_PAUSED"] },
  "a gateway that takes no more requests": { harm: () => onGateway("sunset", []), found: ["GATEWAY_SUNSET"] },
  "a fee token taken off": {
    harm: () => onGateway("setFeeToken", [world.token.address, false, 5n]),
    found: ["FEE_TOKEN_DIFFERENT"],
  },
  "another fee in a token": {
    harm: () => onGateway("setFeeToken", [world.token.address, true, 6n]),
    found: ["FEE_TOKEN_DIFFERENT"],
  },
  "another fee token": {
    harm: () => onGateway("setFeeToken", [world.outsider.address, true, 0n]),
    found: ["FEE_TOKEN_UNEXPECTED"],
  },
  "a fee token that is gone": {
    harm: () => world.base.client.setCode({ address: world.token.address, bytecode: "0x" }),
    found: ["FEE_TOKEN_NO_CODE"],
  },
  "a lane with another cap on gas": {
    harm: () => setGateway(world.plan.origins.base?.domain ?? 0, pad(at("base", "gateway")), 9_999_999),
    found: ["LANE_GAS_DIFFERENT"],
  },
  "another least stake": { harm: () => onRegistry("setMinStake", [7n]), found: ["REGISTRY_DIFFERENT"] },
  "another who jails": {
    harm: () => onRegistry("setGuardian", [world.outsider.address]),
    found: ["GUARDIAN_DIFFERENT"],
  },
  "another who slashes": { harm: () => onRegistry("setSlasher", [zeroAddress]), found: ["REGISTRY_DIFFERENT"] },
  "a route that is not planned": {
    harm: () => {
      const route = { modelId: pad("0xb2"), policyId: number("policy:attested"), relayBps: 0, shape: 0 };
      const args = ["another", { ...route, callbackGas: 100_000, ttl: 600, minimum: 0n }] as const;
      const data = encodeFunctionData({ abi: infernetCoordinatorAbi, functionName: "addRoute", args });
      return own("base", "infernetCoordinator", data);
    },
    found: ["ROUTE_UNEXPECTED"],
  },
  "other code of the coordinator's inbox": {
    harm: () => replacePart("INBOX"),
    found: ["CODE_DIFFERENT"],
  },
  "other code of the coordinator's wallet factory": {
    harm: () => replacePart("WALLET_FACTORY"),
    found: ["CODE_DIFFERENT"],
  },
  "another protocol fee": {
    harm: () =>
      own(
        "base",
        "gateway",
        encodeFunctionData({ abi: inferenceGatewayAbi, functionName: "setProtocolFee", args: [7n] }),
      ),
    found: ["FEE_DIFFERENT"],
  },
  "another receiver of fees": {
    harm: () =>
      own(
        "base",
        "gateway",
        encodeFunctionData({
          ...{ abi: inferenceGatewayAbi, functionName: "setProtocolFeeRecipient", args: [world.outsider.address] },
        }),
      ),
    found: ["FEE_DIFFERENT"],
  },
  "a removed worker": {
    harm: () => {
      const args = [number("set:main"), world.workers[0]?.key ?? "0x"] as const;
      const data = encodeFunctionData({ abi: workerSetsAbi, functionName: "removeMember", args });
      return world.base.sendAs(world.guardian.address, at("base", "workerSets"), data);
    },
    found: ["WORKER_MISSING"],
  },
  "another worker": {
    harm: () => {
      const args = [number("set:main"), world.outsider.address, world.outsider.address] as const;
      return own("base", "workerSets", encodeFunctionData({ abi: workerSetsAbi, functionName: "addMember", args }));
    },
    found: ["WORKER_UNEXPECTED"],
  },
  "another contract for announcements": {
    harm: () => replaceCode("hub", "validatorAnnounce", heraldArtifact("WorkerSets").runtime.code),
    found: ["CODE_DIFFERENT", "CHECK_FAILED"],
  },
};

describe("verifying finds on the chains", () => {
  for (const [name, { harm, found }] of Object.entries(onChain)) {
    it(name, async () => {
      await harm();
      expect([...new Set(await codes())].sort()).toEqual([...found].sort());
    });
  }

  it("everything at once, the worst first, each with what to do", async () => {
    await setPublisher(world.publisher.address, false);
    await setPublisher(world.outsider.address, true);
    await setHub(5, pad(toHex(7)), true);
    const findings = await world.verify();
    expect(findings.map(({ code }) => code).sort()).toEqual([
      "HUB_UNEXPECTED",
      "PUBLISHER_MISSING",
      "PUBLISHER_UNEXPECTED",
    ]);
    const lines = formatFindings(findings).split("\n");
    expect(lines).toHaveLength(6);
    expect(lines[0]).toMatch(/^critical {2}/);
    expect(lines[4]).toMatch(/^serious {3}hub: publisher 0x\w{40} is not enrolled \(PUBLISHER_MISSING\)$/);
    expect(lines[5]).toContain("Fix: Run `herald deploy`.");
  });
});

/** What a plan may ask for that must be found, or that the chains are not. */
const inPlan: Record<string, { readonly plan: () => DeployPlan; readonly found: readonly string[] }> = {
  "1 of 1 in production": {
    plan: () =>
      onBase((base) =>
        Object.assign(base.security, { validators: base.security.validators.slice(0, 1), threshold: 1 }),
      ),
    found: ["LANE_SINGLE_SIGNATURE", "VALIDATORS_DIFFERENT", "THRESHOLD_DIFFERENT"],
  },
  "a timelock of less than a day": {
    plan: () => onBase(({ timelock }) => Object.assign(timelock ?? {}, { delay: 86_399 })),
    found: ["TIMELOCK_SHORT", "TIMELOCK_DELAY_DIFFERENT"],
  },
  "a route of other terms": {
    plan: () => onBase(({ infernet }) => Object.assign(infernet?.routes[0] ?? {}, { relayBps: 1 })),
    found: ["ROUTE_DIFFERENT"],
  },
  "a route that is not there": {
    plan: () => onBase(({ infernet }) => Object.assign(infernet?.routes[0] ?? {}, { containers: "other" })),
    found: ["ROUTE_MISSING", "ROUTE_UNEXPECTED"],
  },
  "a registry of other terms": {
    plan: () => changed(({ hub }) => Object.assign(hub.workerRegistry ?? {}, { jailTime: 61, unbondingTime: 1 })),
    found: ["REGISTRY_DIFFERENT"],
  },
  "another receiver of slashed stake": {
    plan: () => changed(({ hub }) => Object.assign(hub.workerRegistry ?? {}, { recipient: world.outsider.address })),
    found: ["REGISTRY_DIFFERENT"],
  },
  "a policy of one operator": {
    plan: () => changed((plan) => Object.assign(plan.policies.attested ?? {}, { k: 1 })),
    found: ["POLICY_SINGLE_SIGNATURE", "POLICY_MISSING"],
  },
  "a validator that publishes": {
    plan: () => changed((plan) => plan.hub.publishers.push(world.validators[0]?.address ?? "0x")),
    found: ["KEY_SHARED", "PUBLISHER_MISSING"],
  },
  "a worker that validates": {
    plan: () => onBase((base) => base.security.validators.push(world.workers[0]?.key ?? "0x")),
    found: ["KEY_SHARED"],
  },
  "an owner without code": {
    plan: () => changed((plan) => ownedBy(plan.hub, world.outsider.address)),
    found: ["OWNER_NOT_CONTRACT", "OWNER_DIFFERENT"],
  },
  "another domain": { plan: () => onBase((base) => Object.assign(base, { domain: 9 })), found: ["DOMAIN_WRONG"] },
  "a set that is not there": {
    plan: () =>
      changed((plan) =>
        Object.assign(plan.workerSets, { other: [{ key: world.outsider.address, operator: world.outsider.address }] }),
      ),
    found: ["SET_MISSING"],
  },
  "another guardian": {
    plan: () => changed((plan) => Object.assign(plan, { guardian: world.outsider.address })),
    found: ["SET_MISSING"],
  },
  "a validator that never announced": {
    plan: () => onBase((base) => base.security.validators.push(world.outsider.address)),
    found: ["VALIDATOR_NOT_ANNOUNCED"],
  },
};

/** What breaks only if plan and chains break together: the plan names it, and the chains hold it. */
const onBoth: typeof inPlan & Record<string, { readonly harm: () => Promise<unknown> }> = {
  "a validator that may publish": {
    harm: () => setPublisher(world.validators[0]?.address ?? "0x", true),
    plan: () => changed(({ hub }) => hub.publishers.push(world.validators[0]?.address ?? "0x")),
    found: ["KEY_SHARED"],
  },
  "a worker that may publish": {
    harm: () => setPublisher(world.workers[0]?.key ?? "0x", true),
    plan: () => changed(({ hub }) => hub.publishers.push(world.workers[0]?.key ?? "0x")),
    found: ["KEY_SHARED"],
  },
  "a validator that may vouch": {
    harm: () => {
      const args = [number("set:main"), world.validators[0]?.address ?? "0x", world.outsider.address] as const;
      return own("base", "workerSets", encode(workerSetsAbi, "addMember", args));
    },
    plan: () =>
      changed(({ workerSets }) =>
        workerSets.main?.push({ key: world.validators[0]?.address ?? "0x", operator: world.outsider.address }),
      ),
    found: ["KEY_SHARED"],
  },
};

describe("verifying finds on chains that are as a bad plan says", () => {
  for (const [name, { harm, plan, found }] of Object.entries(onBoth)) {
    it(name, async () => {
      await harm();
      expect(await codes(plan())).toEqual([...found]);
    });
  }

  it("a shared key that no plan names", async () => {
    await setPublisher(world.validators[0]?.address ?? "0x", true);
    expect((await codes()).sort()).toEqual(["KEY_SHARED", "PUBLISHER_UNEXPECTED"]);
  });
});

describe("core contracts that were there before", () => {
  /** The plan as if Hyperlane had been on the hub. */
  const found = () =>
    changed(({ hub }) =>
      Object.assign(hub, {
        hyperlane: {
          ...{ mailbox: at("hub", "mailbox"), merkleTreeHook: at("hub", "merkleTreeHook") },
          ...{ multisigIsmFactory: at("hub", "multisigIsmFactory"), validatorAnnounce: at("hub", "validatorAnnounce") },
          ...{ defaultHook: at("hub", "merkleTreeHook"), requiredHook: at("hub", "requiredHook") },
        },
      }),
    );
  const parts = ["mailbox", "merkleTreeHook", "validatorAnnounce", "multisigIsmFactory"];

  it("are compared by their code", async () => {
    expect(await codes(found())).toEqual([]);
  });

  it("of another version are asked for what is needed of them, and noted", async () => {
    for (const it of parts) {
      const code = (await world.hub.client.getCode({ address: at("hub", it) })) ?? "0x";
      await replaceCode("hub", it, `${code}00`);
    }
    const findings = await world.verify(found());
    expect(findings.map(({ code, severity }) => `${severity} ${code}`)).toEqual(
      parts.map(() => "note HYPERLANE_UNKNOWN"),
    );
    for (const [i, it] of parts.entries()) expect(findings[i]?.what).toContain(`the ${it} at ${at("hub", it)} `);
  });

  it("may be behind a proxy", async () => {
    const { client } = world.hub;
    const [mailbox, implementation] = [at("hub", "mailbox"), newKey().address];
    await client.setCode({ address: implementation, bytecode: (await client.getCode({ address: mailbox })) ?? "0x" });
    const file = createRequire(import.meta.url).resolve("@openzeppelin/contracts/build/contracts/ERC1967Proxy.json");
    await replaceCode("hub", "mailbox", JSON.parse(readFileSync(file, "utf8")).deployedBytecode);
    // EIP-1967's place of the implementation.
    const index = toHex(BigInt(keccak256(stringToHex("eip1967.proxy.implementation"))) - 1n);
    await client.setStorageAt({ address: mailbox, index, value: pad(implementation) });
    expect(await codes(found())).toEqual(["HYPERLANE_UNKNOWN"]);
  });

  it("whose module is of another version are noted, too", async () => {
    const { client } = world.hub;
    const abi = parseAbi(["function implementation() view returns (address)"]);
    const read = { address: at("hub", "multisigIsmFactory"), abi, functionName: "implementation" } as const;
    const address = await client.readContract(read);
    const code = (await client.getCode({ address })) ?? "0x";
    await client.setCode({ address, bytecode: `${code}00` });
    expect(await codes(found())).toEqual(["HYPERLANE_UNKNOWN"]);
    // Where the factory is ours, it can be no other.
    expect(await codes()).toEqual(["CODE_DIFFERENT"]);
  });

  it("that are something else are found out", async () => {
    const code = (await world.hub.client.getCode({ address: at("hub", "resultHub") })) ?? "0x";
    // A hub names the Mailbox, as these do; what else they do it does not.
    for (const it of ["merkleTreeHook", "validatorAnnounce"]) await replaceCode("hub", it, code);
    expect((await codes(found())).sort()).toEqual(["CHECK_FAILED", "HYPERLANE_UNFIT", "HYPERLANE_UNFIT"]);
  });

  it("that are of another chain, or have no module, are found out", async () => {
    const other = changed(() => undefined);
    Object.assign(other.hub, { ...found().hub, domain: 9 });
    expect(await codes(other)).toContain("DOMAIN_WRONG");
    const plan = found();
    await replaceCode("hub", "requiredHook", "0x");
    expect(await codes(plan)).toEqual(["CODE_MISSING"]);
  });
});

describe("an owner that was there before", () => {
  it("is noted if nothing says that it waits, and found if it hardly does", async () => {
    const { client } = world.base;
    const owner = at("base", "timelock");
    const plan = onBase((base) => ownedBy(base, owner));
    expect(await codes(plan)).toEqual([]);
    await onTimelock("base", "updateDelay", [60n]);
    expect(await codes(plan)).toEqual(["TIMELOCK_SHORT"]);
    await client.setCode({ address: owner, bytecode: "0x00" });
    expect((await world.verify(plan)).map(({ code, severity }) => `${severity} ${code}`)).toEqual([
      "note OWNER_UNKNOWN",
    ]);
  });
});

describe("verifying finds between plan and chains", () => {
  for (const [name, { plan, found }] of Object.entries(inPlan)) {
    it(name, async () => {
      expect(await codes(plan())).toEqual(expect.arrayContaining([...found]));
    });
  }

  it("a local world may share two roles, never three, and use single signatures", async () => {
    const key = world.validators[0]?.address ?? "0x";
    const local = (extra: (plan: DeployPlan) => unknown) =>
      changed((plan) => {
        Object.assign(plan, { environment: "local" });
        plan.hub.publishers.push(key);
        extra(plan);
      });
    expect(await codes(local(() => undefined))).not.toContain("KEY_SHARED");
    const three = local((plan) => plan.workerSets.main?.push({ key, operator: world.outsider.address }));
    expect(await codes(three)).toContain("KEY_SHARED");
  });

  it("a node of another chain, and goes on with the other chains", async () => {
    await setPublisher(world.outsider.address, true);
    const swapped = onBase((base) => Object.assign(base, { rpc: world.hub.rpc }));
    expect((await world.verify(swapped)).map(({ code, chain }) => [chain, code])).toEqual([
      ["base", "CHAIN_WRONG"],
      ["hub", "PUBLISHER_UNEXPECTED"],
    ]);
  });

  it("a node that does not answer, and goes on with the other chains", async () => {
    await setHub(5, pad(world.outsider.address), true);
    const gone = changed(({ hub }) => Object.assign(hub, { rpc: "http://127.0.0.1:1" }));
    expect((await world.verify(gone)).map(({ code, chain }) => [chain, code])).toEqual([
      ["hub", "CHAIN_UNREACHABLE"],
      ["base", "HUB_UNEXPECTED"],
    ]);
  });

  it("a plan for another chain than the state's is refused: one of the two files is the wrong one", async () => {
    await expect(codes(onBase((base) => Object.assign(base, { chainId: 7 })))).rejects.toMatchObject({
      code: "DEPLOY_STATE_MISMATCH",
    });
  });
});

describe("a production deployment", () => {
  it("leaves nothing to its deployer, who can no longer change anything", async () => {
    const enrol = encodeFunctionData({
      abi: resultHubAbi,
      functionName: "setPublisher",
      args: [world.outsider.address, true],
    });
    await expect(
      world.hub.client.call({ account: world.deployer.address, to: at("hub", "resultHub"), data: enrol }),
    ).rejects.toThrow();
    const before = await world.nonces();
    const plan = changed(({ hub }) => hub.publishers.push(world.outsider.address));
    await world.deploy({ plan });
    expect(await world.nonces()).toEqual(before);
    expect(openStateFile(world.stateFile).chains.hub?.waitingFor).toMatchObject([
      { from: at("hub", "timelock"), to: at("hub", "resultHub"), data: enrol },
    ]);
    await world.accept();
    expect(await codes(plan)).toEqual([]);
  });

  it("is refused before anything is sent if it would be unsafe", async () => {
    const unsafe = changed((plan) => {
      ownedBy(plan.hub, world.outsider.address);
      for (const { security } of Object.values(plan.origins)) security.threshold = 1;
    });
    const sites = await openSites(unsafe, openStateFile(world.stateFile), { planning: true });
    await expect(preflight(unsafe, sites, [])).rejects.toMatchObject({
      ...{ code: "DEPLOY_PLAN_UNSAFE", facts: { "1": expect.stringContaining("LANE_SINGLE_SIGNATURE") } },
    });
    await expect(preflight(unsafe, sites, [])).rejects.toMatchObject({
      facts: { "2": expect.stringContaining("OWNER_NOT_CONTRACT") },
    });
  });
});
