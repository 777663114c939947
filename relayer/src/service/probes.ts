import type { CelestiaClient } from "@herald/da/celestiaClient";
import type { Address, PublicClient } from "viem";
import type { Health } from "./health.js";
import { problemOf } from "./problemOf.js";

/** Answers of the last look are good for this long: a health check asked every second must not become a load of its own. */
const KEPT_MS = 5_000;
/** Asked for whenever somebody looks at a request that waits for it; an answer from before would say the wrong thing. */
const TEMPORAL_KEPT_MS = 1_000;
const TIMEOUT_MS = 4_000;
const WORKER_TIMEOUT_MS = 2_000;

/** What is looked at only when somebody asks whether the relayer is ready. */
export interface ProbeTargets {
  readonly celestia: CelestiaClient;
  /** Rejects where the connection does not answer; undefined while there is none, which its part reports itself. */
  readonly temporal: () => (() => Promise<void>) | undefined;
  /** What an answer that did not come means, also one that did not come in time. */
  readonly temporalError: (cause: unknown) => Error;
  readonly hub: { readonly name: string; readonly client: PublicClient };
  readonly workers: readonly { readonly name: string; readonly url: string }[];
  readonly signers: readonly { readonly chain: string; readonly address: Address; readonly client: PublicClient }[];
  readonly health: Health;
}

/** Looks that can be asked for; problems go to the board. */
export interface Probes {
  /** At all services outside and the signers' money. */
  all(): Promise<void>;
  /** At Temporal only. */
  temporal(): Promise<void>;
}

/** Each look is kept for a while; whoever asks meanwhile shares it. */
export function createProbes(targets: ProbeTargets): Probes {
  const { celestia, hub, workers, signers, health } = targets;

  const temporal = kept(async () => {
    const check = targets.temporal();
    if (check !== undefined) await probe("temporal", check, targets.temporalError);
  }, TEMPORAL_KEPT_MS);

  const look = async (): Promise<void> => {
    await Promise.all([
      probe("celestia", async () => {
        if (!(await celestia.ready())) throw new Error("the node says it is not ready");
      }),
      temporal(),
      probe(`hub ${hub.name}`, async () => void (await hub.client.getBlockNumber())),
      ...signers
        .filter(({ chain }) => chain !== hub.name)
        .map(({ chain, client }) => probe(`providers ${chain}`, async () => void (await client.getBlockNumber()))),
      ...workers.map(({ name, url }) => probe(`worker ${name}`, () => checkWorker(url))),
      ...signers.map(({ chain, address, client }) =>
        probe(`signer ${chain}`, async () => {
          if ((await client.getBalance({ address })) > 0n) return;
          throw new Error(`the account ${address} has no money for gas; send it some`);
        }),
      ),
    ]);
  };

  async function probe(
    part: string,
    ask: () => Promise<void>,
    named: (error: unknown) => unknown = (error) => error,
  ): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS);
    });
    try {
      await Promise.race([ask(), late]);
      health.set(part, null);
    } catch (error) {
      // The part itself knows when it tries again.
      health.set(part, problemOf(named(error), health.problem(part)?.nextAttemptAt ?? null));
    } finally {
      clearTimeout(timer);
    }
  }

  return { all: kept(look), temporal };
}

function kept(look: () => Promise<void>, keptMs = KEPT_MS): () => Promise<void> {
  let last: { readonly at: number; readonly done: Promise<void> } | undefined;
  return async () => {
    if (last === undefined || Date.now() - last.at > keptMs) last = { at: Date.now(), done: look() };
    await last.done;
  };
}

async function checkWorker(url: string): Promise<void> {
  const asked = new URL("/health", url);
  const response = await fetch(asked, { signal: AbortSignal.timeout(WORKER_TIMEOUT_MS) }).catch((error: unknown) => {
    // What fetch itself says is no more than that it failed.
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Error(`${asked.href} does not answer: ${cause instanceof Error ? cause.message : String(cause)}`);
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`${asked.href} answers with HTTP ${response.status}`);
}
