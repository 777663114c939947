import { setMaxListeners } from "node:events";
import { hostname } from "node:os";
import { createCelestiaClient } from "@herald/da/celestiaClient";
import { namespaceOf } from "@herald/da/namespace";
import { cacheFolder } from "@herald/ritual/models/cacheFolder";
import type { Log } from "@herald/wire/log";
import { Wake } from "@herald/wire/wake";
import type { Activities } from "@herald/workflows/activities/activities";
import { createEffectActivities, decidedInference } from "@herald/workflows/activities/createActivities";
import { createInferRequest } from "@herald/workflows/activities/inferRequest";
import { evidenceWriter } from "@herald/workflows/effects/evidenceWriter";
import { runWriter } from "@herald/workflows/effects/writerLoop";
import { startApi } from "../api/startApi.js";
import { resolveBeside } from "../config/loadConfig.js";
import { loadSecret } from "../config/loadSecret.js";
import { loadSigner } from "../config/loadSigner.js";
import type { RelayerConfig } from "../config/relayerConfig.js";
import { lockSigners } from "../store/lockSigners.js";
import { lockStore } from "../store/lockStore.js";
import { openStore, type Store } from "../store/openStore.js";
import { RequestIndex } from "../store/requestIndex.js";
import { SqlOutbox } from "../store/sqlOutbox.js";
import { SqlSpans } from "../store/sqlSpans.js";
import { createAdmission } from "./admission.js";
import { Completions } from "./completions.js";
import { FiltersFile } from "./filtersFile.js";
import { createHandIntake } from "./handIntake.js";
import { Health } from "./health.js";
import { hubParts } from "./hubParts.js";
import { runIntake } from "./intake.js";
import { keepDisagreements } from "./keepDisagreements.js";
import { originParts } from "./originParts.js";
import { createProbes } from "./probes.js";
import { problemOf } from "./problemOf.js";
import { readRequestView } from "./requestView.js";
import type { SharedParts } from "./sharedParts.js";
import { supervise } from "./supervise.js";
import { openTemporal, type TemporalSession, unreachable } from "./temporalSession.js";
import { createWorkerRules } from "./workerRules.js";

/** A running relayer. */
export interface Service {
  /** URL of its API. */
  readonly url: string;
  /** Stops taking up work, lets running steps end, and closes everything; what is unfinished goes on at the next start. */
  stop(): Promise<void>;
}

/** Submissions to Celestia that may be out at once: each takes a second or more, and what waits meanwhile joins the next. */
const EVIDENCE_IN_FLIGHT = 4;
const RECONCILE_MS = 10_000;
const FILTERS_POLL_MS = 1_000;

/**
 * Puts a relayer together and starts it. Chains, Temporal or Celestia that are away do not keep it from starting: `/readyz` says what is
 * missing, and it goes on by itself once they are there.
 * @throws HeraldError CONFIG_KEY_UNUSABLE, CONFIG_UNREADABLE or CONFIG_INVALID (of the filters), API_PORT_TAKEN, STORE_FOLDER_MISSING,
 * STORE_LOCKED, SIGNER_IN_USE, STORE_UNUSABLE
 */
export async function startService(parameters: {
  readonly config: RelayerConfig;
  /** Where the configuration came from; its paths are relative to this file. */
  readonly configFile: string;
  readonly log: Log;
}): Promise<Service> {
  const { config, configFile, log } = parameters;
  const path = (relative: string): string => resolveBeside(configFile, relative);
  const accounts = new Map(
    Object.entries(config.origins).map(([name, { signer }]) => [
      name,
      loadSigner(configFile, signer, `origins.${name}.signer`),
    ]),
  );
  const hubAccount = loadSigner(configFile, config.hub.signer, "hub.signer");
  const token = loadSecret(configFile, { file: config.celestia.tokenFile }, "celestia.tokenFile");

  const filters = config.filters === undefined ? undefined : new FiltersFile(path(config.filters));

  // First of all: a port that is taken must leave nothing behind.
  const api = await startApi({ ...config.api, log });
  const storeFile = path(config.store);
  const locks: { release(): void }[] = [];
  const release = async (): Promise<void> => {
    await api.close();
    for (const lock of locks) lock.release();
  };
  let store: Store;
  try {
    locks.push(lockStore(storeFile, "relayer"));
    const signers = [...Object.entries(config.origins), [config.hub.name, config.hub] as const].map(
      ([name, chain]) => ({
        chainId: chain.chainId,
        address: (accounts.get(name) ?? hubAccount).address,
      }),
    );
    locks.push(lockSigners(signers, cacheFolder(), log));
    store = await openStore(storeFile);
  } catch (error) {
    await release();
    throw error;
  }
  const stopping = new AbortController();
  const { signal } = stopping;
  // Every lane, writer and wait of every request listens to it; their number is not a leak, and Node warns from 11 on.
  setMaxListeners(0, signal);
  const health = new Health();
  const spans = new SqlSpans(store);
  const news = new Wake();
  const wakes = new Map<string, Wake>();
  const wakeOf = (kind: string, lane: string): Wake => {
    const key = `${kind}/${lane}`;
    const wake = wakes.get(key) ?? new Wake();
    wakes.set(key, wake);
    return wake;
  };
  const admit = createAdmission(config, () => filters?.current ?? {});
  const index = new RequestIndex(store, config.origins, admit, config.admission, () => {
    news.wake();
    // Somebody may have become final, and with it what the outbox held back.
    for (const wake of wakes.values()) wake.wake();
  });
  const outbox = new SqlOutbox(store, ({ kind, lane }) => wakeOf(kind, lane).wake());
  const keepDisagreement = keepDisagreements(`${storeFile}.disagreements.jsonl`, log);
  const shared: SharedParts = { store, index, spans, health, keepDisagreement, log, signal };

  const celestia = createCelestiaClient({ url: config.celestia.url, token });
  const decided = (requestId: string) => decidedInference(outbox, requestId);
  const hub = hubParts(shared, config.hub, hubAccount);
  const origins = Object.entries(config.origins).flatMap(([name, origin]) => {
    const account = accounts.get(name);
    return account === undefined ? [] : [originParts(shared, hub, { name, origin, account, decided })];
  });
  const namespace = namespaceOf(`0x${config.celestia.namespace}`);
  const evidence = evidenceWriter({ client: celestia, namespace, index, spans, log, signal });
  const activities: Activities = {
    ...createEffectActivities(outbox),
    inferRequest: createInferRequest({
      workers: config.workers,
      timeoutMs: config.workerTimeoutMs,
      payee: config.payee,
      index,
      decided,
      ruleOf: createWorkerRules(Object.fromEntries(origins.map((origin) => [origin.name, origin]))),
      spans,
      log,
    }),
  };

  const temporalProblem = (error: unknown, nextAttemptAt: number | null) =>
    problemOf(unreachable(config.temporal, error), nextAttemptAt);
  // Until it has said something else.
  health.set("temporal", { ...temporalProblem(undefined, null), reason: "The relayer is still connecting to it." });
  let session: TemporalSession | undefined;
  let completions: Completions | undefined;
  const part = (name: string, run: () => Promise<void>, reportsItself = false): Promise<void> =>
    supervise({ part: name, run, reportsItself, health, log, signal });

  /** What was refused under another configuration, or under other filters. */
  const reconsider = async (): Promise<void> => {
    const { length: count } = await index.reconsider();
    if (count > 0) log.info("Requests that were refused are served after all.", { count });
  };

  const temporal = async (): Promise<void> => {
    await reconsider();
    session = await openTemporal({
      ...config.temporal,
      identity: `herald@${hostname()}`,
      activities,
      chains: origins.map((it) => it.name),
      log,
    });
    const { client } = session;
    const telling = new Completions(
      outbox,
      client,
      (requestId, last) => (last ? index.noteClosed(requestId) : index.noteSettled(requestId)),
      log,
    );
    completions = telling;
    health.set("temporal", null);
    log.info("The Temporal workers run.", { ...config.temporal });
    // A failed session ends all of its parts before the next begins.
    const ended = new AbortController();
    const until = AbortSignal.any([signal, ended.signal]);
    setMaxListeners(0, until);
    const onState = (trouble: { readonly error: unknown; readonly nextAttemptAt: number } | null): void =>
      health.set("temporal", trouble === null ? null : temporalProblem(trouble.error, trouble.nextAttemptAt));
    const intake = { index, client, wake: news, reconcileMs: RECONCILE_MS, onState, log, signal: until };
    try {
      await session.run([() => runIntake(intake), () => telling.run(until)], until);
    } finally {
      ended.abort();
      const { close } = session;
      session = undefined;
      completions = undefined;
      await close().catch(() => undefined);
    }
  };

  const watchFilters = (file: FiltersFile): Promise<void> =>
    file.watch({
      pollMs: FILTERS_POLL_MS,
      onFilters: reconsider,
      onProblem: (problem) => health.set("filters", problem),
      log,
      signal,
    });

  const probes = createProbes({
    celestia,
    temporal: () => session?.check,
    temporalError: (cause) => unreachable(config.temporal, cause),
    hub,
    workers: config.workers,
    signers: [...origins, hub].map(({ name, account, client }) => ({ chain: name, address: account.address, client })),
    health,
  });
  const view = {
    index,
    store,
    temporalProblem: async () => {
      await probes.temporal();
      return health.problem("temporal");
    },
  };
  api.serve({
    notReady: async () => {
      await probes.all();
      return health.problems();
    },
    request: (requestId) => readRequestView({ ...view, client: session?.client }, requestId),
    intake: createHandIntake(origins, index, log),
    requests: (limit) => index.overview(limit),
    status: async () => ({
      problems: health.problems(),
      open: await index.openCounts(),
      providers: Object.fromEntries([...origins, hub].map(({ name, client }) => [name, client.providers()])),
      tagAliases: origins.flatMap((origin) => origin.tagAliases()),
    }),
  });

  const running = [
    part("temporal", temporal, true),
    ...(filters === undefined ? [] : [part("filters", () => watchFilters(filters), true)]),
    ...origins.map((origin) => part(`chain ${origin.name}`, () => origin.watch(), true)),
    ...origins.flatMap((origin) =>
      origin.pokers.map((it) => part(`infernet ${origin.name} ${it.coordinator}`, () => it.run())),
    ),
    ...[evidence, ...origins.flatMap((origin) => origin.writers)].map((writer) =>
      part(`${writer.kind} ${writer.lane}`, () =>
        runWriter({
          writer,
          outbox,
          wake: wakeOf(writer.kind, writer.lane),
          ...(writer.kind === "evidence" && { maxInFlight: EVIDENCE_IN_FLIGHT }),
          onFinished: () => completions?.wake(),
          log,
          signal,
        }),
      ),
    ),
  ];

  return {
    url: api.url,
    async stop() {
      stopping.abort();
      await Promise.all(running);
      await api.close();
      await store.destroy();
      for (const lock of locks) lock.release();
    },
  };
}
