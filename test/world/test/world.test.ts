import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { smollm2 } from "@herald/ritual/models/smollm2";
import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { infernetCoordinatorAbi } from "@herald/wire/abi/InfernetCoordinator";
import { resultHubAbi } from "@herald/wire/abi/ResultHub";
import { workerRegistryAbi } from "@herald/wire/abi/WorkerRegistry";
import { workerSetsAbi } from "@herald/wire/abi/WorkerSets";
import { createPublicClient, encodeAbiParameters, http, keccak256, pad, parseAbi, zeroAddress } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientConfigSchema } from "../../../relayer/src/config/clientConfig.js";
import { loadConfig } from "../../../relayer/src/config/loadConfig.js";
import { loadSigner } from "../../../relayer/src/config/loadSigner.js";
import { relayerConfigSchema } from "../../../relayer/src/config/relayerConfig.js";
import { validatorConfigSchema } from "../../../relayer/src/config/validatorConfig.js";
import { workerConfigSchema } from "../../../relayer/src/config/workerConfig.js";
import type { World, WorldProgress } from "../src/startWorld.js";
import { readWorldInfo, type WorldInfo } from "../src/worldInfo.js";
import { until } from "./alive.js";
import { openTestWorld, worldFolder } from "./openTestWorld.js";

const origins = ["ethereum", "base", "arbitrum"];
const folder = worldFolder();
const progress: WorldProgress[] = [];
let world: World;
let info: WorldInfo;

beforeAll(async () => {
  world = await openTestWorld(folder.path, { onProgress: (it) => progress.push(it) });
  info = readWorldInfo(folder.path);
});
afterAll(async () => {
  await world?.stop();
  folder.remove();
});

function client(chain: string, url = info.chains[chain]?.providers[0]?.url) {
  return createPublicClient({ transport: http(url) });
}

describe("a local world", () => {
  it("says where everything is, in a file and to its caller alike", () => {
    expect(info).toEqual(world.info);
    expect(Object.keys(info.processes).sort()).toEqual([
      ...["anvil-arbitrum", "anvil-base", "anvil-ethereum", "anvil-ritual", "celestia", "temporal"],
    ]);
    const parts = [...origins, "ritual", "contracts", "temporal", "celestia"];
    expect(progress.filter(({ state }) => state === "starting").map(({ part }) => part)).toEqual(
      expect.arrayContaining(parts),
    );
    expect(progress.filter(({ state }) => state === "ready")).toHaveLength(parts.length);
  });

  it("has four chains with ids of no production chain, each behind two providers", async () => {
    const ids = { ethereum: 31101, base: 31102, arbitrum: 31103, ritual: 31979 };
    for (const [name, id] of Object.entries(ids)) {
      const chain = info.chains[name];
      expect(chain?.providers).toHaveLength(2);
      for (const { url } of chain?.providers ?? []) expect(await client(name, url).getChainId()).toBe(id);
    }
  });

  it("mines a block a second, in real time, with safe and finalized close behind", async () => {
    const base = client("base");
    const start = await base.getBlockNumber({ cacheTime: 0 });
    await until(async () => (await base.getBlockNumber({ cacheTime: 0 })) >= start + 3n);
    const block = (blockTag: "latest" | "safe" | "finalized") => base.getBlock({ blockTag });
    // In this order: a block that is mined between two answers then only lessens the distance.
    const latest = await block("latest");
    const safe = await block("safe");
    const finalized = await block("finalized");
    expect(latest.number).toBeGreaterThanOrEqual(start + 3n);
    expect(latest.number - safe.number).toBeLessThanOrEqual(2n);
    expect(latest.number - finalized.number).toBeLessThanOrEqual(3n);
    expect(Math.abs(Number(latest.timestamp) - Date.now() / 1000)).toBeLessThan(5);
  });

  it("has lanes that need both validators, and are enrolled both ways", async () => {
    const ismAbi = parseAbi(["function validatorsAndThreshold(bytes) view returns (address[], uint8)"]);
    const { hub } = info.deployment;
    for (const name of origins) {
      const { gateway, domain } = info.deployment.origins[name] ?? {};
      if (!gateway || !domain) throw new Error(`no gateway on ${name}`);
      const onGateway = { address: gateway, abi: inferenceGatewayAbi } as const;
      const ism = await client(name).readContract({ ...onGateway, functionName: "interchainSecurityModule" });
      const [validators, threshold] = await client(name).readContract({
        address: ism,
        abi: ismAbi,
        functionName: "validatorsAndThreshold",
        args: ["0x"],
      });
      expect(threshold).toBe(2);
      expect(validators).toEqual(info.validators.map(({ address }) => address));
      const heard = { functionName: "isHub", args: [hub.domain, pad(hub.resultHub)] } as const;
      expect(await client(name).readContract({ ...onGateway, ...heard })).toBe(true);
      const known = { address: hub.resultHub, abi: resultHubAbi, functionName: "gatewayOf", args: [domain] } as const;
      expect(await client("ritual").readContract(known)).toBe(pad(gateway).toLowerCase());
    }
  });

  it("has a policy by which two workers of distinct operators must sign", async () => {
    expect(new Set(info.workers.map(({ operator }) => operator)).size).toBe(2);
    for (const name of origins) {
      const { gateway, workerSets, attestedVerifier } = info.deployment.origins[name] ?? {};
      if (!gateway || !workerSets) throw new Error(`nothing deployed on ${name}`);
      const args = [info.policyId] as const;
      const policy = await client(name).readContract({
        ...{ address: gateway, abi: inferenceGatewayAbi, functionName: "policyOf", args },
      });
      expect(policy).toEqual({
        ...{ verifier: attestedVerifier, setId: 1, k: 2, minTtl: 10, window: 0, verifyGas: 300_000 },
      });
      for (const { address, operator } of info.workers) {
        const member = { functionName: "operatorOf", args: [policy.setId, address] } as const;
        const found = await client(name).readContract({ address: workerSets, abi: workerSetsAbi, ...member });
        expect(found).toBe(operator);
      }
    }
  });

  it("has no two contracts at one address, so that mixing up chains is found out", () => {
    const { hub, origins: sides } = info.deployment;
    const addresses = [hub, ...Object.values(sides)].flatMap(({ hyperlane, ...own }) => [
      ...Object.values(hyperlane),
      ...("gateway" in own
        ? [own.gateway, own.workerSets, own.attestedVerifier, own.ism, own.infernetCoordinator]
        : [own.resultHub, own.workerRegistry]),
    ]);
    expect(addresses).not.toContain(undefined);
    expect(new Set([...addresses, ...Object.values(info.dapps)]).size).toBe(6 + 3 * 9 + 3);
  });

  it("has an example dapp on each origin that knows its gateway", async () => {
    const abi = parseAbi(["function gateway() view returns (address)"]);
    for (const name of origins) {
      const address = info.dapps[name];
      if (!address) throw new Error(`no dapp on ${name}`);
      const gateway = await client(name).readContract({ address, abi, functionName: "gateway" });
      expect(gateway).toBe(info.deployment.origins[name]?.gateway);
    }
  });

  it("has a guardian, and a directory of workers on the hub", async () => {
    const { hub } = info.deployment;
    for (const name of origins) {
      const gateway = { address: info.deployment.origins[name]?.gateway ?? "0x", abi: inferenceGatewayAbi } as const;
      expect(await client(name).readContract({ ...gateway, functionName: "guardian" })).not.toBe(zeroAddress);
    }
    const registry = { address: hub.workerRegistry ?? "0x", abi: workerRegistryAbi } as const;
    expect(await client("ritual").readContract({ ...registry, functionName: "minStake" })).toBe(10n ** 18n);
    const now = Math.floor(Date.now() / 1000);
    expect(Math.abs((await client("ritual").readContract({ ...registry, functionName: "nowAt" })) - now)).toBeLessThan(
      10,
    );
  });

  it("lets a consumer written for Infernet ask the language model, both workers signing", async () => {
    const user = loadConfig(info.files.client, clientConfigSchema);
    const consumer = parseAbi([
      "function createSubscription(string containers, uint32 frequency, uint32 period, uint16 redundancy, bool lazy, address paymentToken, uint256 paymentAmount, address wallet, address verifier) returns (uint32)",
    ]);
    for (const name of origins) {
      const address = user.origins[name]?.infernetCoordinator ?? "0x";
      expect(address).toBe(info.deployment.origins[name]?.infernetCoordinator);
      const coordinator = { address, abi: infernetCoordinatorAbi } as const;
      const route = await client(name).readContract({
        ...{ ...coordinator, functionName: "routeOf" },
        args: [keccak256(encodeAbiParameters([{ type: "string" }], ["smollm2-135m-instruct"])), 2],
      });
      expect(route).toMatchObject({ modelId: smollm2.id, policyId: info.policyId, shape: 1 });
      // As its SDK does; only the address it is given is ours.
      const args = ["smollm2-135m-instruct", 1, 0, 2, false, zeroAddress, 0n, zeroAddress, zeroAddress] as const;
      const asked = await client(name).simulateContract({
        ...{ address, abi: consumer, functionName: "createSubscription", args },
        account: info.workers[0]?.operator ?? "0x",
      });
      expect(asked.result).toBe(1);
    }
  });

  it("writes configurations that the programs take, with keys that are in its sets and funded", async () => {
    const relayer = loadConfig(info.files.relayer, relayerConfigSchema);
    const user = loadConfig(info.files.client, clientConfigSchema);
    expect(Object.keys(relayer.origins)).toEqual(origins);
    expect(relayer.workers.map(({ url, address }) => ({ url, address }))).toEqual(
      info.workers.map(({ url, address }) => ({ url, address })),
    );
    expect(relayer.hub.validators.map(({ storage }) => storage)).toEqual(
      info.validators.map(({ storage }) => `file://${storage}`),
    );
    for (const name of origins) {
      const delivery = relayer.origins[name]?.signer;
      if (!delivery) throw new Error(`no signer on ${name}`);
      const paying = [
        loadSigner(info.files.relayer, delivery, "delivery"),
        loadSigner(info.files.client, user.signer, ""),
      ];
      for (const { address } of paying) expect(await client(name).getBalance({ address })).toBeGreaterThan(10n ** 18n);
    }
    const publisher = loadSigner(info.files.relayer, relayer.hub.signer, "publisher").address;
    expect(info.deployment.hub.publishers).toEqual([publisher]);
    const funded = [publisher];
    for (const { config, address, storage } of info.validators) {
      const parsed = loadConfig(config, validatorConfigSchema);
      expect(loadSigner(config, parsed.signer, "validator").address).toBe(address);
      expect(parsed.storage).toBe(storage);
      funded.push(address);
    }
    for (const address of funded) {
      expect(await client("ritual").getBalance({ address })).toBeGreaterThan(10n ** 18n);
    }
    for (const { config, address, operator, url } of info.workers) {
      const parsed = loadConfig(config, workerConfigSchema);
      expect(loadSigner(config, parsed.signer, "worker").address).toBe(address);
      expect(parsed.payee).toBe(operator);
      expect(url).toBe(`http://127.0.0.1:${parsed.port}`);
    }
  });

  it("keeps secrets to their owner, and makes new ones for every world", () => {
    const names = [
      "deployer-base",
      "deployer-ritual",
      "relayer",
      "publisher",
      "client",
      "worker-1",
      "worker-2",
      "validator-1",
      "validator-2",
    ];
    const keys = names.map((name) => {
      const file = join(folder.path, "keys", `${name}.key`);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      return readFileSync(file, "utf8").trim();
    });
    expect(new Set(keys).size).toBe(names.length);
    // The first of anvil's public development keys.
    const wellKnown = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
    expect(keys.map((key) => privateKeyToAddress(`0x${key.slice(2)}`))).not.toContain(wellKnown);
    expect(statSync(info.celestia.tokenFile).mode & 0o777).toBe(0o600);
  });

  it("has a Temporal with its UI, and a Celestia that takes the token", async () => {
    const ui = await fetch(`${info.temporal.uiUrl}/api/v1/namespaces/${info.temporal.namespace}`);
    expect(ui.status).toBe(200);
    const answer = await fetch(info.celestia.url, {
      method: "POST",
      headers: { authorization: `Bearer ${readFileSync(info.celestia.tokenFile, "utf8").trim()}` },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "header.LocalHead", params: [] }),
    });
    expect(await answer.json()).toMatchObject({ result: { header: { height: expect.any(String) } } });
  });
});
