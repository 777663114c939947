import { readFileSync } from "node:fs";
import { sendRequest } from "@herald/relayer/cli/sendRequest";
import { clientConfigSchema } from "@herald/relayer/config/clientConfig";
import { loadConfig } from "@herald/relayer/config/loadConfig";
import { modelByName } from "@herald/ritual/models/modelByName";
import { formatError } from "@herald/wire/errors";
import { stages } from "@herald/wire/lifecycle";
import { Client, Connection } from "@temporalio/client";
import { createPublicClient, type Hex, http } from "viem";
import { startHerald } from "../local/startHerald.js";
import type { ChainObserver } from "../observe/observeChain.js";
import { observeOrigins } from "../observe/observeOrigins.js";
import { type StageTimes, stageTimes } from "../observe/stages.js";
import { type Interval, quantile, unionLength } from "./intervals.js";
import { sampleMemory } from "./memory.js";
import { report, spread } from "./report.js";
import { benchFailure, settled, viewAfter } from "./settled.js";

const MODEL = "language-detection";
/** What is not Herald's own; waiting for its validators' signatures is. */
const OUTSIDE = new Set(["model", "block", "celestia"]);

/** One request, measured. */
interface Sample {
  readonly stages: StageTimes;
  /** Milliseconds from sight to delivery that were spent on nothing outside Herald. */
  readonly overheadMs: number;
  readonly settledAt: number;
  readonly requestGas: number;
  readonly deliveryTx: Hex;
  readonly origin: string;
  readonly historyEvents: number;
}

/**
 * Round trips of the classifier from all origins in turn. Overhead is delivered minus observed, both seen by an observer of the chain, less
 * the union of the times spent waiting for a block (finality, the hub's, the delivery's), for Celestia and for the model.
 */
export async function runRoundtrip(options: {
  readonly environment: Readonly<Record<string, string>>;
  readonly requests: number;
  readonly concurrency: number;
  readonly json: boolean;
}): Promise<number> {
  const herald = await startHerald({ environment: options.environment });
  try {
    const observers = await observeOrigins(herald.info);
    const names = Object.keys(observers);
    const connection = await Connection.connect({ address: herald.info.temporal.address });
    const temporal = new Client({ connection, namespace: herald.info.temporal.namespace });
    const pids = herald.processes();
    const memory = sampleMemory(pids);
    const samples: Sample[] = [];

    // One request of each origin first, so that what is loaded or compiled on first use is not measured.
    await Promise.all(names.map((origin) => measure(origin, -1)));
    const startedAt = Date.now();
    let next = 0;
    await Promise.all(
      Array.from({ length: options.concurrency }, async () => {
        for (let index = next++; index < options.requests; index = next++) {
          samples.push(await measure(names[index % names.length] ?? "", index));
        }
      }),
    );
    const lastAt = Math.max(...samples.map((it) => it.settledAt));
    memory.stop();
    const peaks = Object.entries(memory.peaksMb());
    const peakOf = (kind: string): number =>
      Math.max(0, ...peaks.filter(([name]) => name.startsWith(kind)).map(([, mb]) => mb));
    const result = {
      n: samples.length,
      concurrency: options.concurrency,
      perSecond: round(samples.length / ((lastAt - startedAt) / 1000)),
      overheadMs: spread(samples.map((it) => it.overheadMs)),
      stages: Object.fromEntries(
        stages.map((stage) => [stage, spread(samples.flatMap((it) => it.stages[stage] ?? []))]),
      ),
      historyEvents: quantile(
        samples.map((it) => it.historyEvents),
        0.5,
      ),
      rssMb: { relayer: peakOf("relayer"), worker: peakOf("worker") },
      gas: {
        request: quantile(
          samples.map((it) => it.requestGas),
          0.5,
        ),
        deliver: await gasPerDelivery(samples),
      },
    };
    await connection.close();
    await Promise.all(Object.values(observers).map((it) => it.stop()));
    report(result);
    if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
    return 0;

    async function measure(origin: string, index: number): Promise<Sample> {
      // CAST: `origin` is one of the observers' names.
      const observer = observers[origin] as ChainObserver;
      const sent = await sendRequest({
        configFile: herald.info.files.client,
        config: loadConfig(herald.info.files.client, clientConfigSchema),
        chain: origin,
        modelId: modelByName(MODEL).id,
        input: `export const value${index + 1} = ${index + 1};\nconsole.log(value${index + 1});\n`,
      });
      const settlement = await settled(observer, sent.requestId, herald.apiUrl);
      const request = observer.requests.get(sent.requestId);
      const view = await viewAfter(herald.apiUrl(), sent.requestId);
      if (request === undefined || settlement.status !== 1) throw benchFailure(sent.requestId, view.reason);
      const whole: Interval = { from: request.seenAt, to: settlement.seenAt };
      const finality = { from: request.seenAt, to: observer.finalAt(request.blockNumber) ?? request.seenAt };
      const waits = [finality, ...view.spans.filter(({ what }) => OUTSIDE.has(what))];
      const flow = temporal.workflow.getHandle(view.workflowId);
      await flow.result();
      const history = await flow.describe();
      return {
        stages: stageTimes(view.stages, request.seenAt, settlement.seenAt),
        overheadMs: whole.to - whole.from - unionLength(waits, whole),
        settledAt: settlement.seenAt,
        requestGas: Number(await gasUsed(origin, sent.tx)),
        deliveryTx: settlement.tx,
        origin,
        historyEvents: history.historyLength,
      };
    }

    async function gasUsed(origin: string, hash: Hex): Promise<bigint> {
      const client = createPublicClient({ transport: http(herald.info.chains[origin]?.nodeUrl) });
      return (await client.getTransactionReceipt({ hash })).gasUsed;
    }

    /** Gas of all deliveries, divided by the requests they carried: batches share a transaction. */
    async function gasPerDelivery(of: readonly Sample[]): Promise<number> {
      const transactions = new Map(of.map((it) => [it.deliveryTx, it.origin]));
      const used = await Promise.all([...transactions].map(([hash, origin]) => gasUsed(origin, hash)));
      return Math.round(used.reduce((sum, gas) => sum + Number(gas), 0) / of.length);
    }
  } catch (error) {
    process.stderr.write(`${formatError(error)}\n`);
    process.stderr.write(`The end of the relayer's log:\n${tail(`${herald.folder}/logs/relayer.log`)}\n`);
    return 1;
  } finally {
    await herald.stop();
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function tail(file: string): string {
  try {
    return readFileSync(file, "utf8").split("\n").slice(-20).join("\n");
  } catch {
    return "(there is no log)";
  }
}
