import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { HeraldError } from "@herald/wire/errors";
import { type NativeConnection, Worker, type WorkerOptions } from "@temporalio/worker";
import type { Activities } from "../activities/activities.js";
import { taskQueues } from "../flows/contract.js";

const bundlePath = fileURLToPath(new URL("../flowBundle.js", import.meta.url));

/**
 * Creates the workers of one relayer process: one for flows, and one activity worker per kind of dependency, so that a slow one cannot
 * starve the rest. They share the connection with the client, which makes starts eager.
 * @throws HeraldError FLOW_BUNDLE_MISSING before a build
 */
export async function createWorkers(parameters: {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly identity: string;
  readonly activities: Activities;
  readonly chains: readonly string[];
  /** Inferences this relayer waits for at a time. */
  readonly maxInferences?: number;
}): Promise<readonly Worker[]> {
  if (!existsSync(bundlePath)) {
    throw new HeraldError({
      code: "FLOW_BUNDLE_MISSING",
      message: "The flows have not been bundled.",
      fix: "Run npm run build.",
      actor: "operator",
      retry: "never",
    });
  }
  const { activities } = parameters;
  const common = {
    connection: parameters.connection,
    namespace: parameters.namespace,
    identity: parameters.identity,
    shutdownGraceTime: "3 seconds",
  } as const;
  // An effect activity lives for one insert, so a few slots and pollers serve many requests.
  const quick = { maxConcurrentActivityTaskExecutions: 50, maxConcurrentActivityTaskPolls: 2 } as const;
  const queues: WorkerOptions[] = [
    {
      taskQueue: taskQueues.flows,
      workflowBundle: { codePath: bundlePath },
      // A flow takes about 300 KB of the cache; one that is not in it is replayed from some thirty events.
      maxCachedWorkflows: 150,
      // After a kill, a flow must not wait long for the process that held it in its cache.
      stickyQueueScheduleToStartTimeout: "2 seconds",
    },
    {
      taskQueue: taskQueues.ritual,
      activities: { inferRequest: activities.inferRequest },
      maxConcurrentActivityTaskExecutions: parameters.maxInferences ?? 64,
      maxConcurrentActivityTaskPolls: 2,
      maxHeartbeatThrottleInterval: "1 second",
    },
    { taskQueue: taskQueues.da, activities: { publishEvidence: activities.publishEvidence }, ...quick },
    { taskQueue: taskQueues.hub, activities: { publishResult: activities.publishResult }, ...quick },
    ...parameters.chains.map((chain) => ({
      taskQueue: taskQueues.chain(chain),
      activities: {
        deliverMessage: activities.deliverMessage,
        refundRequest: activities.refundRequest,
        finalizeResult: activities.finalizeResult,
        revealOutput: activities.revealOutput,
      },
      ...quick,
    })),
  ];
  return await Promise.all(queues.map((options) => Worker.create({ ...common, ...options })));
}
