import { createInterface } from "node:readline/promises";
import { deployPlanSchema } from "@herald/deploy/plan/deployPlan";
import { formatFindings } from "@herald/deploy/plan/finding";
import { everySite, deploy as runDeployment } from "@herald/deploy/run/deploy";
import { openSites } from "@herald/deploy/run/openSites";
import { preflight } from "@herald/deploy/run/preflight";
import { countTransactions, formatPreview, preview } from "@herald/deploy/run/preview";
import { type TimelockProposal, timelockProposal } from "@herald/deploy/run/timelockProposal";
import { openStateFile } from "@herald/deploy/state/stateFile";
import { verifyDeployment } from "@herald/deploy/verify/verifyDeployment";
import { HeraldError } from "@herald/wire/errors";
import { loadConfig } from "../config/loadConfig.js";
import { loadSigner } from "../config/loadSigner.js";
import { holdLock } from "../store/holdLock.js";

interface Files {
  readonly config: string;
  readonly state: string;
}

/** `herald deploy`: prints what is to be done, asks, and does it. */
export async function deploy(options: Files & { readonly dryRun?: boolean; readonly yes?: boolean }): Promise<void> {
  const plan = loadConfig(options.config, deployPlanSchema);
  const { name: hubName, ...hub } = plan.hub;
  const chains = Object.entries({ [hubName]: hub, ...plan.origins });
  const accounts = new Map(
    chains.map(([name, { deployer }]) => [name, loadSigner(options.config, deployer, `deployer on ${name}`)]),
  );
  const account = (chain: string) => accounts.get(chain) ?? unknownChain(chain);
  // Two runs would sign different transactions with the same nonce; looking takes no lock, so that it leaves no file.
  const lock = options.dryRun ? undefined : (holdLock(`${options.state}.lock`) ?? runningAlready(options.state));
  try {
    const state = openStateFile(options.state);
    const sites = await openSites(plan, state, { deployer: (name) => account(name).address, planning: true });
    const previews = await preview(plan, sites);
    process.stdout.write(`${formatPreview(previews)}\n\n`);
    await preflight(plan, sites, previews);
    const count = countTransactions(previews);
    if (options.dryRun) return say(`Dry run: nothing was sent. Left to send: ${count}.`);
    if (count > 0 && !options.yes && !(await agreed(count))) return say("Nothing was sent.");
    await runDeployment({
      ...{ plan, state, account },
      onProgress: ({ chain, what, moment }) => moment === "done" && process.stderr.write(`${chain}: ${what}\n`),
    });
    say("Every chain is as planned, as far as the deployer may bring it there.");
    for (const site of everySite(sites)) {
      for (const { what, from, to, data } of site.state.waitingFor) {
        say(`${site.chain.name}: ${what} is to be sent by ${from}\n  to ${to}\n  data ${data}`);
      }
      const proposal = await timelockProposal(site);
      if (proposal !== undefined) sayProposal(site.chain.name, proposal);
    }
    say("Now run `herald deploy verify` with the same files.");
  } finally {
    lock?.release();
  }
}

/** `herald deploy verify`: prints everything that is not as it should be; the exit code is 1 if there is anything but notes. */
export async function deployVerify(options: Files): Promise<void> {
  const plan = loadConfig(options.config, deployPlanSchema);
  const findings = await verifyDeployment(plan, openStateFile(options.state));
  if (findings.length === 0) return say("Every chain is as planned.");
  process.stdout.write(`${formatFindings(findings)}\n`);
  const wrong = findings.filter(({ severity }) => severity !== "note").length;
  if (wrong === 0) return say("Every chain is as planned; read the notes.");
  throw new HeraldError({
    code: "DEPLOY_NOT_AS_PLANNED",
    message: `The chains differ from the plan in ${wrong} ${wrong === 1 ? "point" : "points"}.`,
    fix: "Do what is said with each.",
    actor: "operator",
    retry: "never",
  });
}

async function agreed(count: number): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new HeraldError({
      code: "DEPLOY_NOT_CONFIRMED",
      message: "Nobody is there to be asked; nothing was sent.",
      facts: { transactions: count },
      fix: "Read the plan above, and run the command again with --yes.",
      actor: "user",
      retry: "never",
    });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`Transactions to send: ${count}. Type yes to send them: `);
  terminal.close();
  return answer.trim() === "yes";
}

/** A timelock sends nothing by itself: what a proposer and an executor send it. */
function sayProposal(chain: string, { timelock, schedule, execute, readyAt }: TimelockProposal): void {
  if (schedule !== undefined) say(`${chain}: a proposer schedules it all\n  to ${timelock}\n  data ${schedule}`);
  const when = readyAt === undefined ? "after its delay" : `from ${new Date(readyAt * 1_000).toISOString()}`;
  say(`${chain}: an executor has it done, ${when}\n  to ${timelock}\n  data ${execute}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function runningAlready(state: string): never {
  throw new HeraldError({
    code: "DEPLOY_RUNNING",
    message: "Another run is deploying with this state.",
    facts: { state },
    fix: "Wait until it has ended, and run the command again.",
    actor: "operator",
    retry: { afterMs: 10_000 },
  });
}

function unknownChain(chain: string): never {
  throw new HeraldError({
    code: "DEPLOY_ORDER",
    message: "A chain is deployed on that the plan does not name.",
    facts: { chain },
    actor: "bug",
    retry: "never",
  });
}
