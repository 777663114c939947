import { HeraldError } from "@herald/wire/errors";
import type { Log } from "@herald/wire/log";
import type { Activities } from "@herald/workflows/activities/activities";
import { createWorkers } from "@herald/workflows/temporal/startWorkers";
import { Client } from "@temporalio/client";
import { NativeConnection, type Worker } from "@temporalio/worker";

/** One connection to Temporal and everything that runs over it. */
export interface TemporalSession {
  readonly client: Client;
  /** Rejects if the server cannot be asked. */
  check(): Promise<void>;
  /** Until `signal`: runs the workers beside `parts`, then lets running activities end. Rejects if any of them fails. */
  run(parts: readonly (() => Promise<void>)[], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** The server does not answer; what the SDK says of it is the cause. */
export function unreachable(
  server: { readonly address: string; readonly namespace: string },
  cause: unknown,
): HeraldError {
  return new HeraldError({
    code: "TEMPORAL_UNREACHABLE",
    message: "The Temporal server cannot be reached.",
    facts: { ...server },
    fix: "Start the server, or correct temporal.address.",
    actor: "operator",
    retry: { afterMs: 2_000 },
    cause,
  });
}

/**
 * Connects client and workers over one connection, which makes starts eager.
 * @throws HeraldError TEMPORAL_UNREACHABLE, FLOW_BUNDLE_MISSING
 */
export async function openTemporal(parameters: {
  readonly address: string;
  readonly namespace: string;
  readonly identity: string;
  readonly activities: Activities;
  readonly chains: readonly string[];
  readonly log: Log;
}): Promise<TemporalSession> {
  const { address, namespace, identity, activities, chains, log } = parameters;
  const connection = await NativeConnection.connect({ address }).catch((cause: unknown) => {
    throw unreachable({ address, namespace }, cause);
  });
  let workers: readonly Worker[];
  try {
    workers = await createWorkers({ connection, namespace, identity, activities, chains });
  } catch (error) {
    // Workers that were created before the one that failed may still hold it.
    await connection.close().catch(() => undefined);
    throw error;
  }
  const client = new Client({ connection, namespace, identity });
  return {
    client,
    check: async () => {
      await connection.workflowService.getSystemInfo({});
    },
    async run(parts, signal) {
      const stop = (): void => {
        for (const worker of workers) if (worker.getState() === "RUNNING") worker.shutdown();
      };
      signal.addEventListener("abort", stop, { once: true });
      const running = workers.map((worker) => worker.run());
      if (signal.aborted) stop();
      try {
        await Promise.all([...running, ...parts.map((part) => part())]);
      } finally {
        stop();
        await Promise.allSettled(running);
        signal.removeEventListener("abort", stop);
        log.debug("The Temporal workers have stopped.");
      }
    },
    close: () => connection.close(),
  };
}
