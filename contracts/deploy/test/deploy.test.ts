import { existsSync, readFileSync } from "node:fs";
import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { resultHubAbi } from "@herald/wire/abi/ResultHub";
import { workerSetsAbi } from "@herald/wire/abi/WorkerSets";
import { encodeFunctionData, pad, parseAbi } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { heraldArtifact } from "../src/artifacts/heraldArtifact.js";
import { deploymentSchema } from "../src/deployment.js";
import { checkChain, connect } from "../src/openChain.js";
import { deployPlanSchema } from "../src/plan/deployPlan.js";
import { openSites } from "../src/run/openSites.js";
import { preflight } from "../src/run/preflight.js";
import { countTransactions, formatPreview, preview } from "../src/run/preview.js";
import { openStateFile } from "../src/state/stateFile.js";
import { newKey } from "./startAnvil.js";
import { openTestWorld, type TestWorld } from "./testWorld.js";

let world: TestWorld;
beforeAll(async () => {
  world = await openTestWorld();
});
afterAll(() => world?.stop());

async function look(plan = world.plan) {
  const state = openStateFile(world.stateFile);
  const sites = await openSites(plan, state, { deployer: () => world.deployer.address, planning: true });
  return { sites, chains: await preview(plan, sites) };
}
const codes = async (plan = world.plan) => (await world.verify(plan)).map(({ code }) => code);

/** One after the other: they are the life of one deployment. */
describe("a deployment", () => {
  it("is looked at without sending or writing anything", async () => {
    const before = await world.nonces();
    const { chains, sites } = await look();
    await preflight(world.plan, sites, chains);
    const text = formatPreview(chains);
    expect(text).toMatch(/hub: chain 41001, domain 1041001, deployer 0x\w{40} with 1000 ETH/);
    expect(text).toMatch(/to do {2}InferenceGateway\(mailbox, ism, deployer, fees to 0x/);
    expect(text).toMatch(/to do {2}ResultHub\.setGateway\(base, gateway, 10000000 gas\)/);
    expect(await world.nonces()).toEqual(before);
    expect(await world.base.client.getBlockNumber()).toBe(0n);
    expect(existsSync(world.stateFile)).toBe(false);
  });

  it("is completed, in about as many transactions and as much gas as was said", async () => {
    const { chains } = await look();
    const deployment = await world.deploy();
    expect(deploymentSchema.parse(JSON.parse(JSON.stringify(deployment)))).toEqual(deployment);
    expect(deployment.origins.base?.startBlock).toBeGreaterThan(0);
    const sent = (await world.nonces()).reduce((a, b) => a + b, 0);
    expect(sent).toBe(countTransactions(chains));
    for (const [i, chain] of world.chains.entries()) {
      const blocks = await Promise.all(
        Array.from({ length: Number(await chain.client.getBlockNumber()) }, (_, n) =>
          chain.client.getBlock({ blockNumber: BigInt(n + 1) }),
        ),
      );
      const used = Number(blocks.reduce((sum, { gasUsed }) => sum + gasUsed, 0n));
      expect((chains[i]?.gas ?? 0) / used).toBeGreaterThan(0.9);
      expect((chains[i]?.gas ?? 0) / used).toBeLessThan(1.25);
    }
    expect(await codes()).toEqual(world.validators.map(() => "VALIDATOR_NOT_ANNOUNCED"));
  });

  it("does what it is for: messages enter the tree once and free, dapp, sets and policies are there", async () => {
    const { contracts, ids } = openStateFile(world.stateFile).chains.base ?? {};
    const hub = openStateFile(world.stateFile).chains.hub?.contracts ?? {};
    const mailbox = parseAbi([
      "function dispatch(uint32 destination, bytes32 recipient, bytes body) payable returns (bytes32)",
      "function quoteDispatch(uint32 destination, bytes32 recipient, bytes body) view returns (uint256)",
    ]);
    const tree = parseAbi(["function count() view returns (uint32)"]);
    const message = [1, pad("0x01"), "0x01"] as const;
    const [at, hook] = [hub.mailbox?.address ?? "0x", hub.merkleTreeHook?.address ?? "0x"];
    const { client } = world.hub;
    expect(await client.readContract({ address: at, abi: mailbox, functionName: "quoteDispatch", args: message })).toBe(
      0n,
    );
    const count = () => client.readContract({ address: hook, abi: tree, functionName: "count" });
    expect(await count()).toBe(0);
    await world.hub.sendAs(
      world.outsider.address,
      at,
      encodeFunctionData({ abi: mailbox, functionName: "dispatch", args: message }),
    );
    expect(await count()).toBe(1);

    const gateway = { address: contracts?.gateway?.address ?? "0x", abi: inferenceGatewayAbi } as const;
    const base = world.base.client;
    const policyId = ids?.["policy:attested"] ?? 0;
    expect(await base.readContract({ ...gateway, functionName: "policyOf", args: [policyId] })).toEqual({
      ...{ setId: ids?.["set:main"], k: 2, minTtl: 60, verifyGas: 300_000, window: 0 },
      verifier: contracts?.attestedVerifier?.address,
    });
    expect(await base.readContract({ ...gateway, functionName: "protocolFee" })).toBe(1000n);
    const sets = { address: contracts?.workerSets?.address ?? "0x", abi: workerSetsAbi } as const;
    for (const { key, operator } of world.workers) {
      const read = { ...sets, functionName: "operatorOf", args: [ids?.["set:main"] ?? 0, key] } as const;
      expect(await base.readContract(read)).toBe(operator);
    }
  });

  it("is done once: the second run sends nothing and changes nothing", async () => {
    const [before, state] = [await world.nonces(), readFileSync(world.stateFile, "utf8")];
    const again = await world.deploy();
    expect(again.hub.resultHub).toBe(JSON.parse(state).chains.hub.contracts.resultHub.address);
    expect(await world.nonces()).toEqual(before);
    expect(readFileSync(world.stateFile, "utf8")).toBe(state);
    expect(countTransactions((await look()).chains)).toBe(0);
  });

  it("follows a changed plan with only what differs", async () => {
    const other = newKey().address;
    const { hub, origins, policies } = world.plan;
    const plan = {
      ...world.plan,
      hub: { ...hub, publishers: [other] },
      policies: { ...policies, strict: { set: "main", k: 1, minTtl: 5, verifyGas: 300_000 } },
    };
    const before = await world.nonces();
    expect(await codes(plan)).toEqual(
      expect.arrayContaining(["PUBLISHER_MISSING", "PUBLISHER_UNEXPECTED", "POLICY_MISSING"]),
    );
    await world.deploy({ plan });
    expect(await world.nonces()).toEqual([(before[0] ?? 0) + 2, (before[1] ?? 0) + 1]);
    const address = openStateFile(world.stateFile).chains.hub?.contracts.resultHub?.address ?? "0x";
    const may = (publisher: `0x${string}`) =>
      world.hub.client.readContract({ address, abi: resultHubAbi, functionName: "isPublisher", args: [publisher] });
    expect([await may(other), await may(world.publisher.address)]).toEqual([true, false]);
    expect(Object.keys(origins)).toEqual(["base"]);
  });

  it("uses the core contracts a chain has", async () => {
    const known = openStateFile(world.stateFile).chains;
    const existing = (name: string) => {
      const at = (contract: string) => known[name]?.contracts[contract]?.address;
      const { mailbox, merkleTreeHook, multisigIsmFactory, validatorAnnounce } = {
        mailbox: at("mailbox"),
        merkleTreeHook: at("merkleTreeHook"),
        multisigIsmFactory: at("multisigIsmFactory"),
        validatorAnnounce: at("validatorAnnounce"),
      };
      const hooks = { defaultHook: merkleTreeHook, requiredHook: at("requiredHook") };
      return { hyperlane: { mailbox, merkleTreeHook, multisigIsmFactory, validatorAnnounce, ...hooks } };
    };
    const { written } = world;
    const plan = deployPlanSchema.parse({
      ...written,
      hub: { ...written.hub, ...existing("hub") },
      origins: { base: { ...written.origins.base, ...existing("base") } },
    });
    const state = openStateFile(`${world.stateFile}.second`);
    const before = await world.nonces();
    const deployment = await world.deploy({ plan, state });
    expect(deployment.hub.hyperlane.mailbox).toBe(known.hub?.contracts.mailbox?.address);
    expect(deployment.origins.base?.ism).toBe(known.base?.contracts.ism?.address);
    // Hub: ResultHub, registry, publisher, gateway, slasher, two guardians. Origin: gateway, sets, verifier, coordinator, dapp,
    // set, policy, route, fee, fee token, guardian, hub; the module is there.
    expect(await world.nonces()).toEqual([(before[0] ?? 0) + 7, (before[1] ?? 0) + 12]);
  });
});

describe("deploying", () => {
  it("refuses a node of another chain before it sends anything", async () => {
    const chain = connect({ ...world.base, domain: 1, chainId: 1 });
    await expect(checkChain(chain, world.base.rpc)).rejects.toMatchObject({
      ...{ code: "DEPLOY_WRONG_CHAIN", facts: { expected: 1, given: 41_002 } },
    });
  });

  it("refuses a state that another key began, one that cannot be read, and one of a chain that is gone", async () => {
    const other = newKey().account;
    await expect(world.deploy({ account: () => other })).rejects.toMatchObject({ code: "DEPLOY_STATE_MISMATCH" });
    expect(() => openStateFile(new URL(import.meta.url).pathname)).toThrow(
      expect.objectContaining({ code: "DEPLOY_STATE_UNREADABLE" }),
    );
    const state = openStateFile(world.stateFile);
    const { gateway } = state.chains.base?.contracts ?? {};
    if (gateway) gateway.address = other.address;
    await expect(world.deploy({ state })).rejects.toMatchObject({
      ...{ code: "DEPLOY_STATE_MISMATCH", facts: { contract: "gateway", address: other.address } },
    });
  });

  it("refuses accounts that cannot pay, all at once", async () => {
    const poor = newKey();
    const state = openStateFile(`${world.stateFile}.poor`);
    const sites = await openSites(world.plan, state, { deployer: () => poor.address, planning: true });
    await expect(preflight(world.plan, sites, await preview(world.plan, sites))).rejects.toMatchObject({
      ...{ code: "DEPLOY_UNFUNDED", facts: { hub: expect.any(String), base: expect.any(String) } },
    });
  });

  it("says which step failed, on which chain and why", async () => {
    const poor = newKey();
    const state = openStateFile(`${world.stateFile}.poor`);
    await expect(world.deploy({ state, account: () => poor.account })).rejects.toMatchObject({
      code: "DEPLOY_STEP_FAILED",
      facts: { step: expect.stringContaining("Mailbox"), from: poor.address },
      cause: expect.any(Error),
    });
  });

  it("says which contract is not compiled", () => {
    for (const contract of ["NoSuchContract", "IResultHub"]) {
      expect(() => heraldArtifact(contract)).toThrow(expect.objectContaining({ code: "DEPLOY_ARTIFACT_MISSING" }));
    }
  });
});
