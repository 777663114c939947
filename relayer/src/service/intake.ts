import { setTimeout as delay } from "node:timers/promises";
import { formatError } from "@herald/wire/errors";
import { parseRequestId, workflowIdOf } from "@herald/wire/ids";
import type { Log } from "@herald/wire/log";
import type { Wake } from "@herald/wire/wake";
import {
  closingSignalName,
  type FlowStatus,
  flowName,
  type RequestArgs,
  type Settlement,
  settledSignalName,
  statusQueryName,
  taskQueues,
} from "@herald/workflows/flows/contract";
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
} from "@temporalio/client";
import type { Doubt, RequestIndex } from "../store/requestIndex.js";

/** How often the watcher's news are looked for when nobody woke the intake. */
const IDLE_MS = 1_000;
const RETRY_MS = 1_000;
const PASS_LIMIT = 200;
const CONCURRENCY = 16;

/**
 * Keeps workflows in step with the request index: starts one per admitted request, and compares open requests with running workflows,
 * because an acknowledged start can be lost when a Temporal server dies, and because somebody else may settle a request.
 */
export async function runIntake(parameters: {
  readonly index: RequestIndex;
  readonly client: Client;
  /** Woken when the index has news. */
  readonly wake: Wake;
  /**
   * How often open requests are compared with running workflows, in milliseconds. What started or settled later than that is left out: our
   * own delivery usually tells its flow first.
   */
  readonly reconcileMs: number;
  /** Told when Temporal cannot be asked, with the time of the next try (Unix milliseconds), and null after a pass that went well. */
  readonly onState?: (trouble: { readonly error: unknown; readonly nextAttemptAt: number } | null) => void;
  readonly log: Log;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { index, client, wake, reconcileMs, onState, signal } = parameters;
  const log = parameters.log.child({ part: "intake" });

  async function start(args: RequestArgs): Promise<void> {
    const workflowId = workflowIdOf(parseRequestId(args.requestId));
    try {
      await client.workflow.start(flowName, {
        taskQueue: taskQueues.flows,
        workflowId,
        args: [args],
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
        requestEagerStart: true,
        staticSummary: `${args.chain} ${args.requestId.slice(0, 10)}`,
      });
      await index.noteStarted(args.requestId);
      log.info("A request was taken up.", { requestId: args.requestId, chain: args.chain, workflowId });
    } catch (error) {
      // A closed run: the chain or this flow has settled it; there is nothing to start.
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      await index.noteClosed(args.requestId);
    }
  }

  /** One open request against its workflow. */
  async function reconcile({ requestId, settlement, closesAt }: Doubt): Promise<void> {
    const handle = client.workflow.getHandle(workflowIdOf(parseRequestId(requestId)));
    try {
      const { status } = await handle.describe();
      if (status.name !== "RUNNING") await index.noteClosed(requestId);
      else if (settlement !== null || closesAt !== null) {
        // A signal stays in the flow's history, a question does not: what it knows it is not told again.
        const known = await handle.query<FlowStatus>(statusQueryName).catch(() => undefined);
        if (settlement !== null && isNews(settlement, known)) await handle.signal(settledSignalName, settlement);
        const moved = closesAt !== null && known !== undefined && known.closesAt !== closesAt;
        if (moved) await handle.signal(closingSignalName, closesAt);
      }
      await index.noteChecked(requestId);
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      log.warn("A workflow was lost and is started again.", { requestId });
      await index.noteLost(requestId);
      wake.wake();
    }
  }

  let reconciledAt = 0;
  while (!signal.aborted) {
    try {
      await inParallel(await index.unstarted(PASS_LIMIT), start);
      if (Date.now() - reconciledAt > reconcileMs) {
        await inParallel(await index.doubtful(Date.now() - reconcileMs, PASS_LIMIT), reconcile);
        reconciledAt = Date.now();
      }
      onState?.(null);
      await wake.sleep(IDLE_MS, signal);
    } catch (error) {
      log.warn("Intake could not reach Temporal and tries again.", { error: formatError(error) });
      onState?.({ error, nextAttemptAt: Date.now() + RETRY_MS });
      await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Whether a flow that says this has yet to learn of the settlement. */
function isNews({ outcome }: Settlement, known: FlowStatus | undefined): boolean {
  if (known === undefined) return true;
  if (known.phase === "finalize") return outcome !== "pending";
  return known.phase !== "reveal" && known.phase !== "done";
}

async function inParallel<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += CONCURRENCY) {
    await Promise.all(items.slice(at, at + CONCURRENCY).map(run));
  }
}
