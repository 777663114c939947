import { setTimeout as delay } from "node:timers/promises";
import { sendRequest } from "@herald/relayer/cli/sendRequest";
import { clientConfigSchema } from "@herald/relayer/config/clientConfig";
import { loadConfig } from "@herald/relayer/config/loadConfig";
import { modelByName } from "@herald/ritual/models/modelByName";
import { askDappAbi } from "@herald/wire/abi/AskDapp";
import { formatError, HeraldError } from "@herald/wire/errors";
import type { WorldInfo } from "@herald/world/worldInfo";
import { type Address, createPublicClient, type Hex, hexToString, http } from "viem";
import { type LocalHerald, startHerald } from "../local/startHerald.js";
import { checkEvidence } from "../observe/checkEvidence.js";
import type { ChainObserver } from "../observe/observeChain.js";
import { observeOrigins } from "../observe/observeOrigins.js";
import { readView } from "../observe/readView.js";
import { type StageTimes, stageTimes } from "../observe/stages.js";
import { questions } from "./questions.js";
import { outputText, Timeline } from "./timeline.js";

/** A request has this long to be delivered; the demo fails after it. */
const DELIVERY_TIMEOUT_MS = 90_000;
const POLL_MS = 100;

interface DemoOptions {
  /** Where the programs are, from the setup. */
  readonly environment: Readonly<Record<string, string>>;
  readonly startedAt: number;
  readonly setupMs: number;
  readonly keep: boolean;
  readonly json: boolean;
}

/** One line of the summary, and of `--json`. */
interface DemoRequest {
  readonly requestId: Hex;
  readonly origin: string;
  readonly model: string;
  readonly status: number;
  readonly output: string;
  readonly originTx: Hex;
  readonly workflowId: string;
  readonly daHeight: number;
  readonly daCommitment: string;
  readonly messageId: string;
  readonly deliveryTx: string;
  readonly callback: string;
  readonly stages: StageTimes;
}

/** Runs the demo and returns its exit code. Ends every process it started, whatever happens. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  let herald: LocalHerald | undefined;
  let observers: readonly ChainObserver[] = [];
  try {
    print("\nStarting the local world: four chains, Temporal, Celestia, two validators, two workers, a relayer.");
    const from = Date.now();
    herald = await startHerald({ environment: options.environment, signal: stop.signal });
    print(`It is up after ${seconds(Date.now() - from)}.\n`);
    const byOrigin = await observeOrigins(herald.info);
    observers = Object.values(byOrigin);

    const requests = await askAndFollow(herald, byOrigin, print, stop.signal);
    printSummary(requests, print);
    const totalMs = Date.now() - options.startedAt;
    print(`\nSetup ${seconds(options.setupMs)}, everything ${seconds(totalMs)}.`);
    if (options.keep) await keepUp(herald.info, herald.apiUrl(), print, stop.signal);
    await stopAll(herald, observers);
    if (options.json) print(JSON.stringify({ ok: true, setupMs: options.setupMs, totalMs, requests }));
    return 0;
  } catch (error) {
    const interrupted = stop.signal.aborted;
    print(interrupted ? "\nInterrupted; ending what was started." : `\n${formatError(error)}`);
    await stopAll(herald, observers).catch((second: unknown) => print(formatError(second)));
    if (options.json) print(JSON.stringify({ ok: false, error: interrupted ? "interrupted" : formatError(error) }));
    return interrupted ? 130 : 1;
  } finally {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  }
}

/** Asks all questions at once and follows each request to its callback. */
async function askAndFollow(
  herald: LocalHerald,
  observers: Readonly<Record<string, ChainObserver>>,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<readonly DemoRequest[]> {
  const config = loadConfig(herald.info.files.client, clientConfigSchema);
  const timeline = new Timeline(print, Date.now());
  return await Promise.all(
    questions.map(async ({ origin, model, input }) => {
      const observer = observers[origin];
      const chain = config.origins[origin];
      if (observer === undefined || chain === undefined) throw notThere(origin);
      const sent = await sendRequest({
        configFile: herald.info.files.client,
        config,
        chain: origin,
        modelId: modelByName(model).id,
        input,
      });
      timeline.line(origin, "asked", `${model} ${outputText(toHexText(input))}`, Date.now());
      const view = await follow(herald, observer, sent.requestId, timeline, signal);
      const settlement = observer.settlements.find((it) => it.requestId === sent.requestId);
      const answer = await readAnswer(herald.info, origin, sent.requestId);
      if (view.daHeight === null || view.daCommitment === null || settlement === undefined || !answer.answered) {
        throw notDelivered(sent.requestId, view.reason);
      }
      const evidence = await checkEvidence(
        herald.info,
        { height: view.daHeight, commitment: view.daCommitment },
        { chainId: chain.chainId, gateway: chain.gateway },
      );
      if (hexToString(evidence) !== answer.output) throw evidenceDiffers(sent.requestId);
      return {
        requestId: sent.requestId,
        origin,
        model,
        status: answer.status,
        output: answer.output,
        originTx: sent.tx,
        workflowId: view.workflowId,
        daHeight: view.daHeight,
        daCommitment: view.daCommitment,
        messageId: view.messageId ?? "",
        deliveryTx: settlement.tx,
        callback: settlement.callback,
        stages: stageTimes(view.stages, observer.requests.get(sent.requestId)?.seenAt ?? 0, settlement.seenAt),
      };
    }),
  );
}

/** Waits until the origin chain itself shows the settlement and the relayer has noted it, printing stages on the way. */
async function follow(
  herald: LocalHerald,
  observer: ChainObserver,
  requestId: Hex,
  timeline: Timeline,
  signal: AbortSignal,
) {
  let reason = "The relayer has not seen it yet.";
  for (
    const until = Date.now() + DELIVERY_TIMEOUT_MS;
    Date.now() < until;
    await delay(POLL_MS, undefined, { signal })
  ) {
    const view = await readView(herald.apiUrl(), requestId);
    if (view === undefined) continue;
    timeline.show(view);
    reason = view.reason;
    const settled = observer.settlements.some((it) => it.requestId === requestId);
    if (settled && view.stages.delivered !== undefined) return view;
  }
  throw notDelivered(requestId, reason);
}

async function readAnswer(info: WorldInfo, origin: string, requestId: Hex) {
  const client = createPublicClient({ transport: http(info.chains[origin]?.nodeUrl) });
  // CAST: world.json names a dapp on every origin.
  const address = info.dapps[origin] as Address;
  const [answered, status, output] = await client.readContract({
    address,
    abi: askDappAbi,
    functionName: "answers",
    args: [requestId],
  });
  return { answered, status, output };
}

function printSummary(requests: readonly DemoRequest[], print: (line: string) => void): void {
  print("\nEach answer is in its dapp's storage, and its evidence was read back from Celestia and checked:\n");
  for (const it of requests) {
    print(`  ${it.origin.padEnd(9)} ${it.model}`);
    print(`            ${outputText(toHexText(it.output))}`);
    print(`            delivered ${seconds(it.stages.delivered ?? 0)} after its block, callback ${it.callback}`);
  }
}

async function keepUp(
  info: WorldInfo,
  apiUrl: string,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  print("\nThe world stays up until Ctrl-C.\n");
  print(`  Temporal UI   ${info.temporal.uiUrl}`);
  print(`  Relayer API   ${apiUrl}/requests`);
  for (const [name, chain] of Object.entries(info.chains)) print(`  ${name.padEnd(13)} ${chain.nodeUrl}`);
  print(`  Celestia      ${info.celestia.url}`);
  print(
    `\n  npx herald request send --config ${info.files.client} --chain base --model language-detection --input 'let x = 1;'`,
  );
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

async function stopAll(herald: LocalHerald | undefined, observers: readonly ChainObserver[]): Promise<void> {
  await Promise.all(observers.map((it) => it.stop()));
  const left = (await herald?.stop()) ?? [];
  if (left.length === 0) return;
  throw new HeraldError({
    code: "LOCAL_WORLD_ORPHANS",
    message: "Processes of the local world are still running.",
    facts: { pids: left.join(", ") },
    fix: "End them by these ids, and report this.",
    actor: "bug",
    retry: "never",
  });
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function toHexText(text: string): Hex {
  return `0x${Buffer.from(text).toString("hex")}`;
}

function notThere(origin: string): HeraldError {
  return new HeraldError({
    code: "LOCAL_WORLD_INCOMPLETE",
    message: "The local world has no such chain.",
    facts: { origin },
    actor: "bug",
    retry: "never",
  });
}

function notDelivered(requestId: Hex, reason: string): HeraldError {
  return new HeraldError({
    code: "DEMO_NOT_DELIVERED",
    message: "A request of the demo was not delivered.",
    facts: { requestId, waitedMs: DELIVERY_TIMEOUT_MS, reason },
    fix: "Run the demo with --keep and look at the request in Temporal's UI.",
    actor: "bug",
    retry: "never",
  });
}

function evidenceDiffers(requestId: Hex): HeraldError {
  return new HeraldError({
    code: "DEMO_EVIDENCE_DIFFERS",
    message: "The evidence on Celestia holds another output than the dapp received.",
    facts: { requestId },
    actor: "bug",
    retry: "never",
  });
}
