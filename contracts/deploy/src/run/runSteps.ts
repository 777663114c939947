import { setTimeout as sleep } from "node:timers/promises";
import type { Call, Look, Step } from "../steps/step.js";
import type { ChainRun } from "./chainRun.js";
import { sendCall } from "./sendCall.js";
import { stepFailed } from "./stepFailed.js";

/** Nodes behind one URL are not at the same block: so often a look may still ask for what has just been done. */
const STALE_LOOKS = 30;

/** Looks at each step until the chain says that nothing of it is left for the deployer to send. */
export async function runSteps(run: ChainRun, steps: readonly Step[]): Promise<void> {
  const { state, deployer } = run.site;
  for (const step of steps) {
    let last: Call | undefined;
    let stale = 0;
    for (;;) {
      const look = await step.look();
      if (remember(run, step, look)) run.save();
      const mine = look.calls.find(({ from }) => from === deployer);
      if (mine !== undefined && mine.to === last?.to && mine.data === last?.data) {
        stale += 1;
        if (stale > STALE_LOOKS) throw stepFailed(run.site, mine.what, { to: mine.to });
        await sleep(run.pollMs);
        continue;
      }
      if (mine !== undefined) {
        await sendCall(run, mine);
        last = mine;
        stale = 0;
        continue;
      }
      const others = look.calls.flatMap(({ what, from, to, data }) =>
        to === undefined ? [] : { what, from, to, data },
      );
      if (others.length > 0) {
        state.waitingFor.push(...others);
        run.save();
      }
      break;
    }
  }
}

/** Keeps what a look found; says whether that is news. */
export function remember({ site }: Pick<ChainRun, "site">, step: Step, { contract, id }: Look): boolean {
  const { contracts, ids } = site.state;
  const news =
    (contract !== undefined && contracts[step.key]?.address !== contract) || (id !== undefined && ids[step.key] !== id);
  if (contract !== undefined) contracts[step.key] = { address: contract };
  if (id !== undefined) ids[step.key] = id;
  return news;
}
