import { existsSync } from "node:fs";
import { createTestClient, type Hex, hexToString, http } from "viem";
import { describe, expect, test } from "vitest";
import { useHerald } from "./support/useHerald.js";
import { waitFor } from "./support/waitFor.js";

const scene = useHerald();
/** Where a test puts a consumer of its own. */
const consumer = "0x00000000000000000000000000000000000c0de5";
const TAKES_ALL = "0x00";
const TAKES_NONE = "0x60006000fd";

const node = (chain: string) =>
  createTestClient({ mode: "anvil", transport: http(scene().herald.info.chains[chain]?.nodeUrl) });
const byHash = { outputMode: 1, consumer, callbackGasLimit: 200_000 } as const;

async function names(chain: string, id: Hex): Promise<readonly string[]> {
  return (await scene().user.said(chain, id)).map((it) => it.eventName);
}

describe("an output asked for by its hash", () => {
  test("is revealed once after it was settled, also by a relayer killed with -9, and its callback runs then", async () => {
    await node("base").setCode({ address: consumer, bytecode: TAKES_ALL });
    const { requestId } = await scene().user.request("base", "language-detection", "SELECT 1;", byHash);
    const { tx } = await scene().user.settled("base", requestId);
    const pid = scene().herald.processes().relayer ?? 0;
    process.kill(pid, "SIGKILL");
    await waitFor("the relayer to be restarted", () =>
      scene().herald.processes().relayer !== pid && existsSync(scene().herald.info.files.relayerPort)
        ? true
        : undefined,
    );
    const view = await scene().user.says(requestId, "the end of the request", (it) => it.phase === "done");
    expect(view).toMatchObject({ outcome: "delivered", callback: "succeeded", deliveryTx: tx });
    const said = await scene().user.said("base", requestId);
    expect(said.map((it) => it.eventName)).toEqual([
      ...["RequestOpened", "ResultDelivered", "OutputRevealed", "CallbackSucceeded"],
    ]);
    const revealed = said.find((it) => it.eventName === "OutputRevealed");
    const output = revealed?.eventName === "OutputRevealed" ? revealed.args.output : "0x";
    expect(output).toBe(view.output);
    expect(JSON.parse(hexToString(output))).toMatchObject({ label: "sql" });
  });

  test("whose callback fails is said, with the call that runs it again", async () => {
    await node("ethereum").setCode({ address: consumer, bytecode: TAKES_NONE });
    const { requestId } = await scene().user.request("ethereum", "language-detection", "let x = 1", byHash);
    const failed = await scene().user.says(requestId, "the failure", (it) => it.retry !== null);
    expect(failed).toMatchObject({ callback: "failed" });
    await scene().user.says(requestId, "the end of the request", (it) => it.phase === "done");
    expect(await scene().user.show(requestId)).toMatch(/Callback +failed: .*\nRetry +anyone may: retryCallback at 0x/);
    await node("ethereum").setCode({ address: consumer, bytecode: TAKES_ALL });
    // CAST: the relayer gives an address and calldata.
    const { to, data } = failed.retry as { to: Hex; data: Hex };
    expect((await scene().user.send("ethereum", { to, data })).status).toBe("success");
    const after = await scene().user.says(requestId, "the callback to be known", (it) => it.callback === "succeeded");
    expect(after).toMatchObject({ retry: null, callbackReason: null, outcome: "delivered" });
  });
});

describe("a request its requester cancels", () => {
  test("closes sooner, for the relayer too, and is refunded with its top-up", async () => {
    const { herald, user } = scene();
    const workers = Object.entries(herald.processes()).filter(([name]) => name.startsWith("worker"));
    for (const [, pid] of workers) process.kill(pid, "SIGSTOP");
    try {
      const before = await user.credit("arbitrum", user.account.address);
      const asked = await user.request("arbitrum", "language-detection", "x = 1", { seconds: 3 * 3_600 });
      const { requestId, terms } = asked;
      await user.topUp("arbitrum", terms, 30n);
      await user.says(requestId, "the inference to be waited for", (it) => it.phase === "infer");
      await user.cancel("arbitrum", terms);
      const cancelled = (await user.said("arbitrum", requestId)).find((it) => it.eventName === "RequestCancelled");
      const closeAt = cancelled?.eventName === "RequestCancelled" ? cancelled.args.closeAt : 0;
      expect(closeAt).toBeLessThan(terms.deadline);
      const view = await user.says(requestId, "the cancellation to be known", (it) => it.cancelled);
      expect(view).toMatchObject({ closesAt: closeAt * 1000, topUp: "30", outcome: null });
      expect(await user.show(requestId)).toMatch(/Top-up +30 added[\s\S]*Closes +cancelled by its requester; at/);

      await node("arbitrum").increaseTime({ seconds: 3_601 });
      await waitFor("the closing time to pass", async () =>
        (await user.now("arbitrum")) > BigInt(closeAt) ? true : undefined,
      );
      expect((await user.expire("arbitrum", terms)).status).toBe("success");
      expect((await user.credit("arbitrum", user.account.address)) - before).toBe(42n);
      const ended = await user.says(requestId, "the flow to end", (it) => it.phase === "done");
      expect(ended.outcome).toBe("expired");
      expect(await names("arbitrum", requestId)).toEqual([
        ...["RequestOpened", "RequestToppedUp", "RequestCancelled", "RequestExpired"],
      ]);
    } finally {
      for (const [, pid] of workers) process.kill(pid, "SIGCONT");
    }
  });
});
