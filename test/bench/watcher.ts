import { rmSync } from "node:fs";
import { join } from "node:path";
import { createQuorumClient } from "@herald/chains/quorum/quorumClient";
import { watchGateway } from "@herald/chains/watch/gatewayWatcher";
import { sendRequest } from "@herald/relayer/cli/sendRequest";
import { clientConfigSchema } from "@herald/relayer/config/clientConfig";
import { loadConfig } from "@herald/relayer/config/loadConfig";
import { type OriginConfig, relayerConfigSchema } from "@herald/relayer/config/relayerConfig";
import { openStore } from "@herald/relayer/store/openStore";
import { RequestIndex } from "@herald/relayer/store/requestIndex";
import { modelByName } from "@herald/ritual/models/modelByName";
import { formatError } from "@herald/wire/errors";
import { parseChainId, parseRequestId, workflowIdOf } from "@herald/wire/ids";
import { silentLog } from "@herald/wire/log";
import { Client, Connection } from "@temporalio/client";
import { createTestClient, http } from "viem";
import { type LocalHerald, startHerald } from "../local/startHerald.js";
import { observeOrigins } from "../observe/observeOrigins.js";
import { quantile } from "./intervals.js";
import { report, spread } from "./report.js";
import { benchFailure, settled } from "./settled.js";

const MODEL = "language-detection";
/** A node is asked for so many blocks at once: it takes milliseconds for each. */
const MINED_AT_ONCE = 200;

/**
 * What the watcher does by itself: from a request's block, as an independent observer sees it, to the start of its workflow, one request at a
 * time on live lanes; and how fast a new relayer reads a gateway's past, in a store and with providers like those of the running one, while
 * that one goes on. Between every thousand blocks of that past there is a request.
 */
export async function runWatcher(options: {
  readonly environment: Readonly<Record<string, string>>;
  readonly requests: number;
  readonly blocks: number;
  readonly json: boolean;
}): Promise<number> {
  const herald = await startHerald({ environment: options.environment });
  try {
    const observers = await observeOrigins(herald.info);
    const connection = await Connection.connect({ address: herald.info.temporal.address });
    const temporal = new Client({ connection, namespace: herald.info.temporal.namespace });
    const names = Object.keys(observers);
    const pickups: number[] = [];
    // One of each origin first, so that what is loaded on first use is not measured.
    for (let index = 0; index < names.length + options.requests; index++) {
      const origin = names[index % names.length] ?? "";
      const observer = observers[origin];
      const { requestId } = await ask(herald, origin, index);
      if (observer === undefined) throw benchFailure(requestId, `Nobody observes ${origin}.`);
      await settled(observer, requestId, herald.apiUrl);
      const seenAt = observer.requests.get(requestId)?.seenAt;
      const { startTime } = await temporal.workflow.getHandle(workflowIdOf(parseRequestId(requestId))).describe();
      if (seenAt !== undefined && index >= names.length) pickups.push(startTime.getTime() - seenAt);
    }
    await connection.close();
    await Promise.all(Object.values(observers).map((it) => it.stop()));
    const backfillBlocksPerMin = await backfill(herald, names[0] ?? "", options.blocks);
    const result = { pickupMs: spread(pickups), backfillBlocksPerMin };
    report({ n: pickups.length, slowestMs: Math.round(quantile(pickups, 1)), ...result });
    if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${formatError(error)}\n`);
    return 1;
  } finally {
    await herald.stop();
  }
}

function ask(herald: LocalHerald, chain: string, index: number) {
  return sendRequest({
    configFile: herald.info.files.client,
    config: loadConfig(herald.info.files.client, clientConfigSchema),
    chain,
    modelId: modelByName(MODEL).id,
    input: `export const value${index + 1} = ${index + 1};\n`,
  });
}

/** Mines a past, and reads it from the gateway's first block to the head. */
async function backfill(herald: LocalHerald, name: string, blocks: number): Promise<number> {
  const node = createTestClient({ mode: "anvil", transport: http(herald.info.chains[name]?.nodeUrl) });
  process.stdout.write(`mining ${blocks} blocks on ${name}\n`);
  for (let mined = 0; mined < blocks; mined += MINED_AT_ONCE) {
    if (mined % 1_000 === 0) await ask(herald, name, -1 - mined);
    await node.mine({ blocks: MINED_AT_ONCE });
  }
  const { origins } = loadConfig(herald.info.files.relayer, relayerConfigSchema);
  // CAST: the name is one of the world's origins.
  const origin = origins[name] as OriginConfig;
  const file = join(herald.folder, "backfill.sqlite");
  const store = await openStore(file);
  const index = new RequestIndex(store, origins, () => null, { maxUnfinal: 1, maxUnfinalPerRequester: 1 });
  const done = new AbortController();
  let read = 0;
  const startedAt = Date.now();
  await watchGateway({
    chain: name,
    ref: { chainId: parseChainId(origin.chainId), gateway: origin.gateway },
    client: createQuorumClient({ ...origin, chain: name, log: silentLog }),
    startBlock: BigInt(origin.startBlock),
    finality: origin.finality,
    pollMs: origin.pollMs,
    held: index,
    recentBlocks: () => index.recentBlocks(name),
    commit: async (step) => {
      await index.commit(step);
      read = Number(step.cursor.number) - origin.startBlock + 1;
      if (step.cursor.number === step.head.number) done.abort();
    },
    log: silentLog,
    signal: done.signal,
  });
  const minutes = (Date.now() - startedAt) / 60_000;
  await store.destroy();
  rmSync(file, { force: true });
  return Math.round(read / minutes);
}
