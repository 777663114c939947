import { describe, expect, it } from "vitest";
import { hyperlaneArtifact } from "../src/artifacts/hyperlaneArtifact.js";
import { isCodeOf } from "../src/artifacts/runtimeCode.js";
import { deployPlanSchema } from "../src/plan/deployPlan.js";
import { newKey } from "./startAnvil.js";

function plan() {
  const [owner, first, second, key, operator] = [newKey(), newKey(), newKey(), newKey(), newKey()].map(
    (it) => it.address,
  );
  const chain = { rpc: "http://127.0.0.1:1", owner, deployer: { keyEnv: "KEY" } };
  return {
    environment: "production",
    hub: { name: "hub", chainId: 1, domain: 1, ...chain, publishers: [] as unknown[] },
    origins: {
      base: {
        ...{ chainId: 2, domain: 2, ...chain, security: { validators: [first, second], threshold: 2 } },
        ...{ protocolFee: "0", feeRecipient: owner },
      },
    } as Record<string, Record<string, unknown>>,
    guardian: owner as unknown,
    workerSets: { main: [{ key, operator }] } as Record<string, unknown[]>,
    policies: { attested: { set: "main", k: 1, minTtl: 0, verifyGas: 1 } },
  };
}

/** Paths and messages of all problems. */
function problems(value: unknown): Record<string, string> {
  const { error } = deployPlanSchema.safeParse(value);
  return Object.fromEntries((error?.issues ?? []).map(({ path, message }) => [path.join("."), message]));
}

describe("a deployment plan", () => {
  it("passes when it is whole", () => {
    expect(problems(plan())).toEqual({});
    expect(deployPlanSchema.parse(plan()).hub.confirmations).toBe(1);
  });

  it("is refused with every problem at once, whatever kind they are of", () => {
    const bad = plan();
    bad.guardian = "nobody";
    bad.hub.publishers = ["0x12"];
    bad.hub.rpc = "localhost";
    const validators = [newKey().address, newKey().address];
    bad.origins.base = {
      ...bad.origins.base,
      domain: 1,
      security: { validators, threshold: 3 },
      protocolFee: "-1",
    };
    bad.policies = {
      attested: { ...bad.policies.attested, k: 2 },
      other: { ...bad.policies.attested, set: "none" },
    } as never;
    expect(problems(bad)).toEqual({
      guardian: "expected an address: 0x and 40 hex digits",
      "hub.publishers.0": "expected an address: 0x and 40 hex digits",
      "hub.rpc": "expected an http:// or https:// URL",
      "origins.base.domain": "expected another than that of hub",
      "origins.base.security.threshold": "expected at most the number of validators",
      "origins.base.protocolFee": "expected wei as a decimal string",
      "policies.attested.k": "expected at most 1, the set's operators",
      "policies.other.set": "expected the name of a set in workerSets",
    });
  });

  it("is refused when what is optional does not fit", () => {
    const bad = plan();
    const { owner: _, ...unowned } = bad.hub;
    const twice = { token: newKey().address, fee: "1" };
    const route = { containers: "m", modelId: `0x${"ab".repeat(32)}`, policy: "attested", shape: "text" };
    const rest = { relayBps: 0, callbackGas: 1, ttl: 1, minimum: "0" };
    const routes = [
      { ...route, ...rest },
      { ...route, ...rest },
      { ...route, ...rest, policy: "none" },
      { ...route, ...rest, containers: "n", modelId: "0x12", shape: "json", relayBps: 10_001 },
    ];
    const timelock = { delay: 0, proposers: [], executors: Array(2).fill(newKey().address) };
    const registry = { recipient: newKey().address, minStake: "0", unbondingTime: 31_536_001, jailTime: 0 };
    bad.hub = { ...unowned, workerRegistry: registry } as never;
    bad.origins.base = {
      ...bad.origins.base,
      ...{ timelock, feeTokens: [twice, twice], maxMessageGas: 16_777_217, infernet: { routes } },
    };
    const at = "origins.base.";
    expect(problems(bad)).toEqual({
      "hub.owner": "expected the address of an owner, or a timelock to be deployed as one, and not both",
      "hub.workerRegistry.minStake": "expected more than nothing",
      "hub.workerRegistry.unbondingTime": expect.stringContaining("31536000"),
      "hub.workerRegistry.jailTime": expect.stringContaining("1"),
      [`${at}owner`]: "expected the address of an owner, or a timelock to be deployed as one, and not both",
      [`${at}timelock.delay`]: "expected the seconds between a proposal and its execution, 1 or more",
      [`${at}timelock.proposers`]: "expected at least one proposer",
      [`${at}timelock.executors`]: "expected distinct executors",
      [`${at}feeTokens`]: "expected distinct tokens",
      [`${at}maxMessageGas`]: expect.stringContaining("16777216"),
      [`${at}infernet.routes.1.containers`]: "expected one route for these containers and k = 1",
      [`${at}infernet.routes.2.policy`]: "expected the name of a policy in policies",
      [`${at}infernet.routes.3.modelId`]: "expected the model's id: 0x and 64 hex digits",
      [`${at}infernet.routes.3.shape`]: 'expected "bytes" or "text"',
      [`${at}infernet.routes.3.relayBps`]: expect.stringContaining("10000"),
    });
  });

  it("never takes a threshold of nobody, a validator twice, a key in place of its name, or an unknown setting", () => {
    for (const [change, path] of [
      [{ security: { validators: [newKey().address], threshold: 0 } }, "origins.base.security.threshold"],
      [{ security: { validators: Array(2).fill(newKey().address), threshold: 2 } }, "origins.base.security.validators"],
      [{ deployer: newKey().key }, "origins.base.deployer"],
      [{ treshold: 2 }, "origins.base"],
    ] as const) {
      const bad = plan();
      bad.origins.base = { ...bad.origins.base, ...change };
      expect(Object.keys(problems(bad))).toEqual([path]);
    }
  });
});

describe("comparing code", () => {
  const { runtime } = hyperlaneArtifact("Mailbox");
  it("leaves out immutables, and nothing else", () => {
    expect(runtime.immutables.length).toBeGreaterThan(0);
    const [hole] = runtime.immutables;
    const digits = 2 + (hole?.start ?? 0) * 2;
    const put = (place: number) =>
      `${runtime.code.slice(0, place)}${runtime.code[place] === "a" ? "b" : "a"}${runtime.code.slice(place + 1)}` as `0x${string}`; // CAST: one digit for another.
    expect(isCodeOf(runtime.code, runtime)).toBe(true);
    expect(isCodeOf(put(digits), runtime)).toBe(true);
    expect(isCodeOf(put(digits - 1), runtime)).toBe(false);
    expect(isCodeOf(put(digits + 64), runtime)).toBe(false);
    expect(isCodeOf(`${runtime.code}00`, runtime)).toBe(false);
    expect(isCodeOf(undefined, runtime)).toBe(false);
  });
});
