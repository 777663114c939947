import { ApplicationFailure } from "@temporalio/common";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { closingSignalName, type RequestResult, type Settlement, settledSignalName } from "../src/flows/contract.js";
import type { FailureDetails } from "../src/flows/failure.js";
import {
  exampleDelivery,
  exampleEvidence,
  exampleFinalization,
  exampleInference,
  exampleMessage,
  exampleRefund,
  exampleRequest,
} from "./exampleRequest.js";
import { type FlowRig, startFlowRig } from "./flowRig.js";

let rig: FlowRig;
beforeAll(async () => {
  rig = await startFlowRig();
});
afterAll(() => rig.stop());

const far = 600_000;

function failure(code: string, nonRetryable: boolean, retryAfterMs: number | null = null): ApplicationFailure {
  const details: FailureDetails = { actor: "operator", facts: { worker: "w1" }, fix: null, retryAfterMs };
  return ApplicationFailure.create({ type: code, message: "It failed.", nonRetryable, details: [details] });
}

const settlement = (outcome: Settlement["outcome"]): Settlement => ({ outcome, tx: "0xfeed", at: Date.now() });

describe("a request that goes well", () => {
  test("passes infer, evidence, result and delivery in this order, within 30 events", async () => {
    rig.script({});
    const handle = await rig.start(exampleRequest(far));
    const result: RequestResult = await handle.result();
    expect(result.outcome).toBe("delivered");
    expect(Object.keys(result.stages).sort()).toEqual(
      ["delivered", "dispatched", "final", "inferred", "observed", "published"].sort(),
    );
    expect(rig.calls).toEqual(["inferRequest", "publishEvidence", "publishResult", "deliverMessage"]);
    const { events } = await handle.fetchHistory();
    expect(events?.length).toBeLessThanOrEqual(30);
    await rig.capture(handle, "inferenceRequest.delivered.v2");
  });

  test("effects that complete later, as the outbox does, leave no more events", async () => {
    const evidence = rig.completeLater();
    const delivery = rig.completeLater();
    rig.script({ publishEvidence: evidence.body, deliverMessage: delivery.body });
    const handle = await rig.start(exampleRequest(far));
    const waiting = await rig.status(handle, (it) => it.phase === "evidence");
    expect(waiting).toMatchObject({ actor: "nobody", code: null, status: 1, output: "0x6869" });
    expect(waiting.reason).not.toBe("");
    await rig.client.activity.complete(await evidence.token, exampleEvidence());
    expect(await rig.status(handle, (it) => it.phase === "delivery")).toMatchObject({
      evidence: { height: 7 },
      message: { messageId: exampleMessage().messageId },
    });
    await rig.client.activity.complete(await delivery.token, exampleDelivery());
    expect((await handle.result()).outcome).toBe("delivered");
    expect((await handle.fetchHistory()).events?.length).toBeLessThanOrEqual(30);
  });

  test("a signed refusal of the workers is delivered as declined", async () => {
    rig.script({
      inferRequest: async ({ requestId }) => exampleInference(requestId, 2),
      deliverMessage: async () => exampleDelivery("declined"),
    });
    const handle = await rig.start(exampleRequest(far));
    expect((await handle.result()).outcome).toBe("declined");
    expect(await rig.status(handle)).toMatchObject({ phase: "done", status: 2, outcome: "declined" });
    await rig.capture(handle, "inferenceRequest.declined.v2");
  });
});

describe("a request that has to wait", () => {
  test("says why, who must act and when it is tried again, and goes on by itself", async () => {
    let broken = true;
    rig.script({
      inferRequest: async ({ requestId }) => {
        if (broken) throw failure("INFERENCE_NO_QUORUM", false, 200);
        return exampleInference(requestId);
      },
    });
    const handle = await rig.start(exampleRequest(far));
    const waiting = await rig.status(handle, (it) => it.code !== null);
    expect(waiting).toMatchObject({ phase: "infer", code: "INFERENCE_NO_QUORUM", actor: "operator" });
    expect(waiting.reason).toBe("It failed. (worker w1)");
    expect(waiting.nextAttemptAt).toBeGreaterThan(waiting.since);
    broken = false;
    expect((await handle.result()).outcome).toBe("delivered");
    expect(rig.calls.filter((it) => it === "publishEvidence")).toHaveLength(1);
    await rig.capture(handle, "inferenceRequest.workerFailedThenDelivered.v2");
  });

  test("with a failure that nothing can change, waits with that reason and is refunded after its closing time", async () => {
    rig.script({ inferRequest: () => Promise.reject(failure("WORKER_REJECTED", true)) });
    const handle = await rig.start(exampleRequest(5_000));
    expect(await rig.status(handle, (it) => it.code !== null)).toMatchObject({
      phase: "infer",
      code: "WORKER_REJECTED",
      nextAttemptAt: null,
      reason: "It failed. (worker w1) It is refunded after its closing time.",
    });
    expect((await handle.result()).outcome).toBe("expired");
    expect(rig.calls).toEqual(["inferRequest", "refundRequest"]);
    expect(await rig.status(handle)).toMatchObject({ phase: "done", refund: { outcome: "expired" } });
    await rig.capture(handle, "inferenceRequest.refunded.v2");
  });

  test("for an effect that never completes, is refunded after its closing time", async () => {
    rig.script({ publishEvidence: rig.completeLater().body });
    const handle = await rig.start(exampleRequest(2_500));
    expect((await handle.result()).outcome).toBe("expired");
    expect(rig.calls).not.toContain("publishResult");
    await rig.capture(handle, "inferenceRequest.heldUntilClosing.v2");
  });

  test("for a result the gateway rejects, says so until it is refunded", async () => {
    rig.script({ deliverMessage: async () => exampleDelivery("rejected") });
    const handle = await rig.start(exampleRequest(6_000));
    const stuck = await rig.status(handle, (it) => it.code !== null);
    expect(stuck).toMatchObject({ phase: "delivery", code: "GATEWAY_REJECTED_RESULT", actor: "operator" });
    expect(stuck.reason).toContain("proofRejected");
    expect((await handle.result()).outcome).toBe("expired");
    await rig.capture(handle, "inferenceRequest.rejectedThenRefunded.v2");
  });

  test("seen only after its closing time, is refunded without asking anybody", async () => {
    rig.script({});
    const handle = await rig.start(exampleRequest(-5_000));
    expect((await handle.result()).outcome).toBe("expired");
    expect(rig.calls).toEqual(["refundRequest"]);
  });
});

describe("a request somebody else settles", () => {
  test.each(["inferRequest", "publishEvidence", "publishResult", "deliverMessage"] as const)(
    "ends at once while %s is under way, and nothing more is done",
    async (activity) => {
      const { body, token } = rig.completeLater();
      rig.script({ [activity]: body });
      const handle = await rig.start(exampleRequest(far));
      await token;
      await handle.signal(settledSignalName, settlement("delivered"));
      const result: RequestResult = await handle.result();
      expect(result).toMatchObject({ outcome: "delivered" });
      expect(rig.calls.at(-1)).toBe(activity);
      expect((await rig.status(handle)).reason).toContain("0xfeed");
      await rig.capture(handle, `inferenceRequest.settledDuring.${activity}.v2`);
    },
  );

  test("ends also while it waits for a worker to come back", async () => {
    rig.script({ inferRequest: () => Promise.reject(failure("INFERENCE_NO_QUORUM", false, 60_000)) });
    const handle = await rig.start(exampleRequest(far));
    await rig.status(handle, (it) => it.code !== null);
    await handle.signal(settledSignalName, settlement("expired"));
    expect((await handle.result()).outcome).toBe("expired");
    expect(rig.calls).not.toContain("refundRequest");
  });

  test("news that arrive twice, or with the start, change nothing", async () => {
    rig.script({ inferRequest: rig.completeLater().body });
    const request = exampleRequest(far);
    const handle = await rig.client.workflow.signalWithStart("inferenceRequest", {
      taskQueue: "herald-flows",
      workflowId: `inference/${request.requestId}/with-start`,
      args: [request],
      signal: settledSignalName,
      signalArgs: [settlement("declined")],
    });
    expect((await handle.result()).outcome).toBe("declined");
    expect(rig.calls).not.toContain("publishEvidence");
  });
});

describe("a request its requester cancels", () => {
  /** A whole second: the chain's closing times are. */
  const second = (inMs: number): number => Math.ceil((Date.now() + inMs) / 1000) * 1000;

  test("closes sooner: what is under way then is dropped, and it is refunded at once", async () => {
    rig.script({ publishEvidence: rig.completeLater().body });
    const handle = await rig.start(exampleRequest(far));
    await rig.status(handle, (it) => it.phase === "evidence");
    const closesAt = second(1_500);
    await handle.signal(closingSignalName, closesAt);
    expect(await rig.status(handle)).toMatchObject({ phase: "evidence", closesAt });
    expect((await handle.result()).outcome).toBe("expired");
    expect(Date.now()).toBeGreaterThanOrEqual(closesAt);
    expect(rig.calls).toEqual(["inferRequest", "publishEvidence", "refundRequest"]);
    await rig.capture(handle, "inferenceRequest.cancelled.v2");
  });

  test("is still answered while there is time", async () => {
    const evidence = rig.completeLater();
    rig.script({ publishEvidence: evidence.body });
    const handle = await rig.start(exampleRequest(far));
    const token = await evidence.token;
    await handle.signal(closingSignalName, second(60_000));
    await rig.client.activity.complete(token, exampleEvidence());
    expect((await handle.result()).outcome).toBe("delivered");
    expect(rig.calls).not.toContain("refundRequest");
  });

  test("before its flow began, closes by what the start says", async () => {
    rig.script({});
    const handle = await rig.start({ ...exampleRequest(far), closeAt: Math.floor(Date.now() / 1000) - 1 });
    expect((await handle.result()).outcome).toBe("expired");
    expect(rig.calls).toEqual(["refundRequest"]);
  });

  test("in a block that is reorganised away, closes at its old time again", async () => {
    const evidence = rig.completeLater();
    rig.script({ publishEvidence: evidence.body });
    const request = exampleRequest(far);
    const handle = await rig.start(request);
    const token = await evidence.token;
    const sooner = second(1_500);
    await handle.signal(closingSignalName, sooner);
    await handle.signal(closingSignalName, request.closeAt * 1000);
    // Only once the timer of the first one is over is anything shown.
    await rig.status(handle, () => Date.now() > sooner + 500);
    await rig.client.activity.complete(token, exampleEvidence());
    expect((await handle.result()).outcome).toBe("delivered");
  });
});

describe("a result under a policy with a window", () => {
  const pending = { deliverMessage: async () => exampleDelivery("pending") };

  test("is pending, says until when and who may dispute it, and is finalised after that", async () => {
    let looks = 0;
    rig.script({ ...pending, finalizeResult: async () => exampleFinalization(++looks === 1 ? 1_500 : undefined) });
    const handle = await rig.start(exampleRequest(far));
    const waiting = await rig.status(handle, (it) => it.finalization !== null);
    expect(waiting).toMatchObject({ phase: "finalize", outcome: null, actor: "nobody" });
    expect(waiting.reason).toMatch(/pending until 20.*verifier 0x11.*dispute/);
    expect(waiting.nextAttemptAt).toBeGreaterThan(waiting.since);
    expect((await handle.result()).outcome).toBe("delivered");
    expect(rig.calls.slice(-3)).toEqual(["deliverMessage", "finalizeResult", "finalizeResult"]);
    expect(await rig.status(handle)).toMatchObject({ phase: "done", finalization: { outcome: "delivered" } });
    await rig.capture(handle, "inferenceRequest.pendingThenFinalized.v2");
  });

  test("a dispute moves its end, and the flow waits on", async () => {
    const looks = [
      exampleFinalization(1_000),
      { ...exampleFinalization(2_500), disputed: true },
      exampleFinalization(),
    ];
    rig.script({ ...pending, finalizeResult: async (_request, look) => looks[look - 1] ?? exampleFinalization() });
    const handle = await rig.start(exampleRequest(far));
    expect((await rig.status(handle, (it) => it.reason.includes("disputed"))).phase).toBe("finalize");
    expect((await handle.result()).outcome).toBe("delivered");
    expect(rig.calls.filter((it) => it === "finalizeResult")).toHaveLength(3);
  });

  test("that is overturned ends at once, as declined", async () => {
    let overturned = false;
    rig.script({
      ...pending,
      finalizeResult: async () =>
        overturned
          ? { outcome: "declined", finalizeTx: null, callback: "succeeded", at: Date.now() }
          : exampleFinalization(far),
    });
    const handle = await rig.start(exampleRequest(far));
    await rig.status(handle, (it) => it.finalization !== null);
    overturned = true;
    await handle.signal(settledSignalName, settlement("declined"));
    expect((await handle.result()).outcome).toBe("declined");
    expect((await rig.status(handle)).reason).toContain("overturned");
    await rig.capture(handle, "inferenceRequest.overturned.v2");
  });

  test("of somebody else, or found only when it should be refunded, is finalised too", async () => {
    rig.script({ inferRequest: rig.completeLater().body });
    const told = await rig.start(exampleRequest(far));
    await told.signal(settledSignalName, settlement("pending"));
    expect((await told.result()).outcome).toBe("delivered");
    expect(rig.calls.at(-1)).toBe("finalizeResult");

    rig.script({ refundRequest: async () => ({ ...exampleRefund(), outcome: "pending", refundTx: null }) });
    const late = await rig.start(exampleRequest(-5_000));
    expect((await late.result()).outcome).toBe("delivered");
    expect(rig.calls).toEqual(["refundRequest", "finalizeResult"]);
  });
});

describe("a result settled by the hash of its output", () => {
  const byHash = { outputMode: 1 };

  test("is revealed after it was delivered, and ends only then", async () => {
    const reveal = rig.completeLater();
    rig.script({ revealOutput: reveal.body });
    const handle = await rig.start(exampleRequest(far, byHash));
    const token = await reveal.token;
    expect(await rig.status(handle)).toMatchObject({ phase: "reveal", outcome: null });
    const at = Date.now();
    await rig.client.activity.complete(token, { outcome: "revealed", revealTx: "0x12", callback: "succeeded", at });
    expect((await handle.result()).outcome).toBe("delivered");
    expect(rig.calls.slice(-2)).toEqual(["deliverMessage", "revealOutput"]);
    expect(await rig.status(handle)).toMatchObject({ phase: "done", reveal: { revealTx: "0x12" } });
    await rig.capture(handle, "inferenceRequest.revealed.v2");
  });

  test("is revealed after its window, once", async () => {
    rig.script({ deliverMessage: async () => exampleDelivery("pending") });
    const handle = await rig.start(exampleRequest(far, byHash));
    expect((await handle.result()).outcome).toBe("delivered");
    expect(rig.calls.slice(-3)).toEqual(["deliverMessage", "finalizeResult", "revealOutput"]);
  });

  test("by somebody else is revealed all the same", async () => {
    rig.script({ deliverMessage: rig.completeLater().body });
    const handle = await rig.start(exampleRequest(far, byHash));
    await rig.status(handle, (it) => it.phase === "delivery");
    await handle.signal(settledSignalName, settlement("delivered"));
    expect((await handle.result()).outcome).toBe("delivered");
    expect(rig.calls.at(-1)).toBe("revealOutput");
  });

  test("that was declined or refunded has nothing to reveal", async () => {
    rig.script({ deliverMessage: async () => exampleDelivery("declined") });
    expect((await (await rig.start(exampleRequest(far, byHash))).result()).outcome).toBe("declined");
    expect(rig.calls).not.toContain("revealOutput");
    rig.script({});
    expect((await (await rig.start(exampleRequest(-5_000, byHash))).result()).outcome).toBe("expired");
    expect(rig.calls).not.toContain("revealOutput");
  });
});
