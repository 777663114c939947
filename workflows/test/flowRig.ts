import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
// As built: the bundle lies beside it.
import { createWorkers } from "@herald/workflows/temporal/startWorkers";
import { activityInfo, CompleteAsyncError } from "@temporalio/activity";
import { Client, type WorkflowHandle } from "@temporalio/client";
import { DefaultLogger, NativeConnection, Runtime, type Worker } from "@temporalio/worker";
import type { Activities } from "../src/activities/activities.js";
import { type FlowStatus, flowName, type RequestArgs, statusQueryName, taskQueues } from "../src/flows/contract.js";
import { captureHistory } from "./captureHistory.js";
import {
  exampleDelivery,
  exampleEvidence,
  exampleFinalization,
  exampleInference,
  exampleMessage,
  exampleRefund,
  exampleReveal,
} from "./exampleRequest.js";
import { startTemporal } from "./startTemporal.js";

export const bundlePath = fileURLToPath(new URL("../dist/flowBundle.js", import.meta.url));

/** The flow as built, on a real server, with activities a test scripts. */
export interface FlowRig {
  readonly client: Client;
  /** What the next flows' activities do; unscripted ones succeed at once. */
  script(activities: Partial<Activities>): void;
  /** Names of activities in the order they were called. */
  readonly calls: string[];
  start(request: RequestArgs): Promise<WorkflowHandle>;
  /** The status query, once it satisfies the condition. */
  status(handle: WorkflowHandle, until?: (status: FlowStatus) => boolean): Promise<FlowStatus>;
  /** An activity body that is completed from outside, like an outbox effect. */
  completeLater(): { readonly body: () => Promise<never>; readonly token: Promise<Uint8Array> };
  /** Keeps the finished flow's history in `histories`, where that is asked for. */
  capture(handle: WorkflowHandle, name: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startFlowRig(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<FlowRig> {
  Runtime.install({ logger: new DefaultLogger("ERROR"), shutdownSignals: [] });
  const temporal = await startTemporal();
  const connection = await NativeConnection.connect({ address: temporal.address });
  const calls: string[] = [];
  let scripted: Partial<Activities> = {};
  const standard: Activities = {
    inferRequest: async ({ requestId }) => exampleInference(requestId),
    publishEvidence: async () => exampleEvidence(),
    publishResult: async () => exampleMessage(),
    deliverMessage: async () => exampleDelivery(),
    refundRequest: async () => exampleRefund(),
    finalizeResult: async () => exampleFinalization(),
    revealOutput: async () => exampleReveal(),
  };
  const call =
    <Name extends keyof Activities>(name: Name) =>
    // CAST: TypeScript cannot relate a union of functions to their arguments.
    (...args: unknown[]): Promise<never> => {
      calls.push(name);
      return ((scripted[name] ?? standard[name]) as (...args: unknown[]) => Promise<never>)(...args);
    };
  const activities: Activities = {
    inferRequest: call("inferRequest"),
    publishEvidence: call("publishEvidence"),
    publishResult: call("publishResult"),
    deliverMessage: call("deliverMessage"),
    refundRequest: call("refundRequest"),
    finalizeResult: call("finalizeResult"),
    revealOutput: call("revealOutput"),
  };
  const workers: readonly Worker[] = await createWorkers({
    connection,
    namespace: "default",
    identity: "test",
    activities,
    chains: ["base"],
  });
  const running = Promise.all(workers.map((worker) => worker.run()));
  const client = new Client({ connection, identity: "test" });

  return {
    client,
    calls,
    script(next) {
      scripted = next;
      calls.length = 0;
    },
    start: (request) =>
      client.workflow.start(flowName, {
        taskQueue: taskQueues.flows,
        workflowId: `inference/${request.requestId}/${randomUUID()}`,
        args: [request],
      }),
    async status(handle, until = () => true) {
      for (const give = Date.now() + 60_000; ; ) {
        const status = await handle.query<FlowStatus>(statusQueryName);
        if (until(status)) return status;
        if (Date.now() > give) throw new Error(`the flow stayed at ${JSON.stringify(status)}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    completeLater() {
      let found: (token: Uint8Array) => void = () => undefined;
      const token = new Promise<Uint8Array>((resolve) => {
        found = resolve;
      });
      const body = async (): Promise<never> => {
        found(activityInfo().taskToken);
        throw new CompleteAsyncError();
      };
      return { body, token };
    },
    async capture(handle, name) {
      if (environment.HERALD_CAPTURE_HISTORIES === undefined) return;
      captureHistory(await handle.fetchHistory(), handle.workflowId, name);
    },
    async stop() {
      for (const worker of workers) worker.shutdown();
      await running;
      await connection.close();
      await temporal.stop();
    },
  };
}
