import {
  type ActivityOptions,
  CancellationScope,
  condition,
  defineQuery,
  defineSignal,
  isCancellation,
  proxyActivities,
  setHandler,
  sleep,
} from "@temporalio/workflow";
import type { Activities } from "../activities/activities.js";
import {
  closingSignalName,
  type FlowStatus,
  isRevealedLater,
  type RequestArgs,
  type RequestResult,
  type Settlement,
  settledSignalName,
  statusQueryName,
  taskQueues,
} from "./contract.js";
import { describeFailure, retryDelayMs } from "./failure.js";
import { StatusBoard } from "./statusBoard.js";

export const statusQuery = defineQuery<FlowStatus>(statusQueryName);
export const settledSignal = defineSignal<[Settlement]>(settledSignalName);
export const closingSignal = defineSignal<[number]>(closingSignalName);

const inferring: ActivityOptions = {
  taskQueue: taskQueues.ritual,
  startToCloseTimeout: "3 minutes",
  heartbeatTimeout: "6 seconds",
  // One more try covers a relayer that was killed. Further ones are the flow's, so that the status query knows the reason.
  retry: { initialInterval: "500 milliseconds", maximumAttempts: 2 },
  cancellationType: "TRY_CANCEL",
};

// Effects complete from the outbox. An attempt that times out only finds its row again, so the time-out can be short, and retries leave
// no events. It is also what a relayer costs that is killed after the activity began and before its row was written: nobody has the
// effect then, and the next attempt, which does write it, begins when this one has timed out.
const effect = (taskQueue: string): ActivityOptions => ({
  taskQueue,
  startToCloseTimeout: "10 seconds",
  retry: { initialInterval: "200 milliseconds", maximumInterval: "1 second" },
  cancellationType: "ABANDON",
});

/** The life of one request, top to bottom. Its workflow id is derived from the request id, so there is one per request. */
export async function inferenceRequest(request: RequestArgs): Promise<RequestResult> {
  const board = new StatusBoard(request);
  const onChain = effect(taskQueues.chain(request.chain));
  const fulfilment = new CancellationScope();
  let settlement: Settlement | undefined;

  setHandler(statusQuery, () => board.status());
  setHandler(settledSignal, (by) => {
    settlement = by;
    fulfilment.cancel();
  });
  // A cancelled request closes sooner. What is under way carries the limit it began with, so the new one gets a timer.
  setHandler(closingSignal, (closesAt) => {
    board.closesAt = closesAt;
    void sleep(Math.max(1, closesAt - Date.now()))
      .then(() => {
        if (board.closesAt === closesAt) fulfilment.cancel();
      })
      .catch(() => undefined);
  });

  async function fulfil(): Promise<void> {
    // Speculative: the model starts at once, while the origin block is still on its way to finality.
    const inference = await inTime(board, "infer", "Workers are running the model.", (closing) =>
      activities(inferring, closing).inferRequest(request),
    );
    board.reached("inferred", inference.at, { status: inference.status, output: inference.output });

    // The outbox holds this back until the origin block is final, and holds it again if a reorganisation takes the block away.
    const evidence = await inTime(board, "evidence", "The evidence is on its way to Celestia.", (closing) =>
      activities(effect(taskQueues.da), closing).publishEvidence(request, inference),
    );
    board.reached("final", evidence.finalAt);
    board.reached("published", evidence.at, { evidence });

    const message = await inTime(board, "result", "The result is on its way into the hub.", (closing) =>
      activities(effect(taskQueues.hub), closing).publishResult(request, inference),
    );
    board.reached("dispatched", message.at, { message });

    const delivery = await inTime(board, "delivery", "The message is on its way to the origin gateway.", (closing) =>
      activities(onChain, closing).deliverMessage(request, message),
    );
    board.noteDelivery(delivery);
    if (delivery.outcome !== "rejected") return;
    // The gateway will not take this answer. Nothing can change that; the money goes back at the closing time.
    board.stuck("GATEWAY_REJECTED_RESULT", `The gateway rejected the result: ${delivery.rejection}.`, "operator");
    await sleep(Math.max(1, board.closesAt - Date.now()));
  }

  async function refund(): Promise<void> {
    board.enter("refund", "The closing time has passed; the request is being refunded on its own chain.");
    board.noteRefund(await activities(onChain, {}).refundRequest(request));
  }

  // The flow waits, not the writer: a window may last for days. A dispute moves its end, which the next look finds; that it was overturned
  // comes as a signal.
  async function finalize(): Promise<void> {
    for (let look = 1; board.standing === "pending"; look++) {
      board.enter("finalize", "The result is pending; its window is being looked at.");
      const found = await activities(onChain, {}).finalizeResult(request, look);
      board.noteFinalization(found);
      settlement = undefined;
      if (found.outcome !== "pending") return;
      // A chain whose clock is behind ours is not looked at all the time: every look stays in the history.
      const wait = Math.max(1_000 * 2 ** Math.min(look, 8), found.finalAt * 1000 - Date.now());
      await condition(() => settlement !== undefined, wait);
    }
  }

  async function reveal(): Promise<void> {
    board.enter("reveal", "The result was settled by its hash; the output is on its way to the gateway.");
    board.noteReveal(await activities(onChain, {}).revealOutput(request));
  }

  try {
    await fulfilment.run(fulfil);
  } catch (error) {
    if (!isCancellation(error) && !(error instanceof ClosingTimePassed)) throw error;
  }
  if (board.standing === null && settlement !== undefined) board.settledElsewhere(settlement);
  await CancellationScope.nonCancellable(async () => {
    if (board.standing === null) await refund();
    if (board.standing === "pending") await finalize();
    if (board.standing === "delivered" && isRevealedLater(request.terms)) await reveal();
  });
  board.end();
  return board.result();
}

/** The closing time came before the activity was done. */
class ClosingTimePassed extends Error {}

type ClosingLimit = Pick<ActivityOptions, "scheduleToCloseTimeout">;

function activities(options: ActivityOptions, closing: ClosingLimit) {
  return proxyActivities<Activities>({ ...options, ...closing });
}

/**
 * Runs an activity until it succeeds or the closing time passes, keeping the reason of the last failure where the status query finds it.
 * The limit travels with the activity: a timer beside it would cost two events of every request.
 */
async function inTime<T>(
  board: StatusBoard,
  phase: FlowStatus["phase"],
  doing: string,
  run: (closing: ClosingLimit) => Promise<T>,
): Promise<T> {
  for (let count = 1; ; count++) {
    const left = board.closesAt - Date.now();
    if (left <= 0) throw new ClosingTimePassed();
    board.enter(phase, doing, count);
    try {
      return await run({ scheduleToCloseTimeout: left });
    } catch (error) {
      if (isCancellation(error)) throw error;
      const untilClosing = board.closesAt - Date.now();
      if (untilClosing <= 0) throw new ClosingTimePassed();
      const failure = describeFailure(error);
      if (failure.permanent) {
        board.stuck(failure.code, failure.reason, failure.actor, failure.fix);
        await sleep(untilClosing);
      } else {
        const wait = Math.min(untilClosing, retryDelayMs(count, failure));
        board.waiting(failure, Date.now() + wait);
        await sleep(wait);
      }
    }
  }
}
