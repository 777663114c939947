// One run of a deployment in a process of its own, for tests that kill it: `node deployChild.mjs <job.json>`, from the built package. With
// `crashes` it kills itself at the first moment of a transaction that the file does not name yet, after it has named it there.
import { appendFileSync, readFileSync } from "node:fs";
import { deployPlanSchema } from "@herald/deploy/plan/deployPlan";
import { deploy } from "@herald/deploy/run/deploy";
import { openStateFile } from "@herald/deploy/state/stateFile";
import { privateKeyToAccount } from "viem/accounts";

const { plan, stateFile, key, crashes, seen = [] } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const account = privateKeyToAccount(key);
await deploy({
  plan: deployPlanSchema.parse(plan),
  state: openStateFile(stateFile),
  account: () => account,
  pollMs: 10,
  onProgress: ({ chain, what, moment }) => {
    const point = `${chain} ${what} ${moment}`;
    if (crashes === undefined || seen.includes(point)) return;
    appendFileSync(crashes, `${point}\n`);
    process.kill(process.pid, "SIGKILL");
  },
});
