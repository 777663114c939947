import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { controlProxy } from "@herald/world/chain/controlProxy";
import type { ProxyControl } from "@herald/world/chain/lie";
import { createPublicClient, encodeEventTopics, type Hex, hexToString, http, keccak256, toHex } from "viem";
import { describe, expect, test } from "vitest";
import { questions } from "../demo/questions.js";
import { checkEvidence } from "../observe/checkEvidence.js";
import { useHerald } from "./support/useHerald.js";
import { waitFor } from "./support/waitFor.js";

const scene = useHerald();

describe("a request from each chain", () => {
  test("is answered in its callback, once, with evidence anyone can check", async () => {
    const sent = await Promise.all(
      questions.map(async (it) => ({ ...it, ...(await scene().user.ask(it.origin, it.model, it.input)) })),
    );
    for (const { origin, requestId } of sent) {
      const settlement = await scene().user.settled(origin, requestId);
      expect(settlement).toMatchObject({ event: "ResultDelivered", status: 1, callback: "succeeded" });
      const view = await scene().user.says(requestId, "the end of the request", (it) => it.phase === "done");
      expect(view).toMatchObject({ outcome: "delivered", deliveryTx: settlement.tx, callback: "succeeded" });
      const answer = await scene().user.answer(origin, requestId);
      expect(answer).toMatchObject({ answered: true, status: 1 });
      expect(answer.output.length).toBeGreaterThan(0);
      const gateway = scene().herald.info.deployment.origins[origin]?.gateway ?? "0x";
      const chainId = scene().herald.info.chains[origin]?.chainId ?? 0;
      const place = { height: view.daHeight ?? 0, commitment: view.daCommitment ?? "" };
      expect(hexToString(await checkEvidence(scene().herald.info, place, { chainId, gateway }))).toBe(answer.output);
      expect(Object.keys(view.stages).sort()).toEqual(
        ["delivered", "dispatched", "final", "inferred", "observed", "published"].sort(),
      );
    }
    expect(JSON.parse((await scene().user.answer("base", sent[1]?.requestId ?? "0x")).output)).toMatchObject({
      label: "py",
    });
    for (const { origin, requestId } of sent) expect(scene().user.settlements(origin, requestId)).toHaveLength(1);
  });

  test("pays the workers and the relayer what the terms say, and nothing else is owed", async () => {
    const { requestId, tx } = await scene().user.ask("base", "language-detection", 'fn main() { println!("hi"); }');
    await scene().user.settled("base", requestId);
    const terms = await scene().user.terms("base", tx);
    const workers = await Promise.all(
      scene().herald.info.workers.map((it) => scene().user.credit("base", it.operator)),
    );
    // Two workers share each fee; both were credited for the request before this one too.
    expect(workers.every((it) => it >= terms.workerFee / 2n)).toBe(true);
    expect(await scene().user.credit("base", scene().user.account.address)).toBe(0n);
  });
});

describe("a model no worker serves", () => {
  test("is declined by a signed answer and refunded in full", async () => {
    const before = await scene().user.credit("arbitrum", scene().user.account.address);
    const unknown = { id: keccak256(toHex("no such model")) };
    const { requestId, tx } = await scene().user.ask("arbitrum", unknown, "anybody there?");
    expect(await scene().user.settled("arbitrum", requestId)).toMatchObject({ event: "ResultDelivered", status: 2 });
    expect(await scene().user.state("arbitrum", requestId)).toMatchObject({ state: "declined" });
    const terms = await scene().user.terms("arbitrum", tx);
    const total = terms.workerFee + terms.relayFee + terms.protocolFee;
    expect((await scene().user.credit("arbitrum", scene().user.account.address)) - before).toBe(total);
    expect(await scene().user.answer("arbitrum", requestId)).toMatchObject({ answered: true, status: 2, output: "" });
  });
});

describe("a relayer killed with -9 in the middle", () => {
  test.each(["observed", "inferred", "published", "dispatched"] as const)(
    "after %s: all three requests still arrive, once each",
    async (stage) => {
      const sent = await Promise.all(
        ["ethereum", "base", "arbitrum"].map(async (origin, i) => ({
          origin,
          ...(await scene().user.ask(origin, "language-detection", `SELECT ${i} FROM t WHERE stage = '${stage}';`)),
        })),
      );
      const [, second] = sent;
      const reached = await scene().user.says(
        second?.requestId ?? "0x",
        `stage ${stage}`,
        (it) => it.stages[stage] !== undefined,
      );
      expect(reached.requestId).toBe(second?.requestId);
      const pid = scene().herald.processes().relayer ?? 0;
      process.kill(pid, "SIGKILL");
      for (const { origin, requestId } of sent) {
        expect(await scene().user.settled(origin, requestId)).toMatchObject({ event: "ResultDelivered", status: 1 });
        await scene().user.says(requestId, "the restarted relayer to know", (it) => it.phase === "done");
        expect(scene().user.settlements(origin, requestId)).toHaveLength(1);
      }
      await waitFor("the new process", () => scene().herald.processes().relayer !== pid || undefined);
    },
  );
});

describe("a provider that cannot be relied on", () => {
  const readyz = async () => {
    const response = await fetch(`${scene().herald.apiUrl()}/readyz`);
    // CAST: the relayer's own API, of this very build.
    return { ok: response.status === 200, ...((await response.json()) as { readonly problems: readonly string[] }) };
  };
  const [opened] = encodeEventTopics({ abi: inferenceGatewayAbi, eventName: "RequestOpened" });

  test.each([
    ["lies about a request", (proxy: ProxyControl) => proxy.lie({ type: "changeLogs", topic0: opened })],
    ["hides a request", (proxy: ProxyControl) => proxy.lie({ type: "hideLogs", topic0: opened })],
    ["dies", (proxy: ProxyControl) => proxy.die()],
    ["answers nothing", (proxy: ProxyControl) => proxy.lie({ type: "hang" })],
  ])("%s: the lane stops with the reason, believes nothing, and resumes by itself", async (_fault, misbehave) => {
    const { herald, observers, user } = scene();
    const proxy = controlProxy(herald.info.chains.base?.providers[1]?.controlUrl ?? "");
    const known = observers.base?.requests.size ?? 0;
    await misbehave(proxy);
    let requestId: Hex;
    try {
      ({ requestId } = await user.ask("base", "language-detection", "package main"));
      const { problems } = await waitFor("the lane to report itself", async () => {
        const state = await readyz();
        return state.ok ? undefined : state;
      });
      expect(problems.join("\n")).toMatch(/base/);
      const told = await user.status();
      expect(told).toMatch(/^The relayer has problems:\n(?: {2}.*\n)* {2}chain base: /);
      expect(told).toMatch(/^base +base-2 /m);
      expect(user.settlements("base", requestId)).toHaveLength(0);
      expect(await user.view(requestId)).toBeUndefined();
      await waitFor("the chain itself to show it", () => observers.base?.requests.has(requestId) || undefined);
      expect(observers.base?.requests.size).toBe(known + 1);
    } finally {
      await proxy.heal();
    }
    expect(await user.settled("base", requestId)).toMatchObject({ status: 1 });
    await waitFor("the lane to be ready again", async () => ((await readyz()).ok ? true : undefined));
  });

  test("lags: the request takes longer and arrives", async () => {
    const { herald, user } = scene();
    const proxy = controlProxy(herald.info.chains.base?.providers[1]?.controlUrl ?? "");
    await proxy.lag(400);
    try {
      const { requestId } = await user.ask("base", "language-detection", "int main(void) { return 0; }");
      expect(await user.settled("base", requestId)).toMatchObject({ status: 1 });
    } finally {
      await proxy.heal();
    }
  });
});

describe("bad input", () => {
  const gateway = async (name: string, change: Record<string, unknown>, value = 0n) => {
    const { requestId, tx } = await scene().user.ask(name, "language-detection", "print(1)");
    const terms = { ...(await scene().user.terms(name, tx)), requester: scene().user.account.address, ...change };
    expect(requestId).toMatch(/^0x/);
    const client = createPublicClient({ transport: http(scene().herald.info.chains[name]?.nodeUrl) });
    return client.simulateContract({
      account: scene().user.account,
      address: scene().herald.info.deployment.origins[name]?.gateway ?? "0x",
      abi: inferenceGatewayAbi,
      functionName: "request",
      // CAST: some changes are wrong on purpose.
      args: [terms as never, toHex("print(1)"), "0x"],
      value,
    });
  };
  const emptyContext = { contextHash: keccak256("0x") };

  test("too low a fee, a deadline too near, an unknown policy, an oversized input: named reverts with both values", async () => {
    await expect(gateway("base", emptyContext, 1n)).rejects.toThrow(/WrongFee\(uint256 required, uint256 sent\)/);
    await expect(gateway("base", { ...emptyContext, deadline: 1 })).rejects.toThrow(/DeadlineTooNear/);
    await expect(gateway("base", { ...emptyContext, policyId: 99 })).rejects.toThrow(/UnknownPolicy[\s\S]*99/);
    await expect(scene().user.ask("base", "language-detection", "x".repeat(16_385))).rejects.toMatchObject({
      code: "REQUEST_REFUSED",
      facts: { error: "InputTooLarge", limit: 16_384n, given: 16_385n },
    });
  });
});
