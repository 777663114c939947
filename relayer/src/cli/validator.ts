import { createQuorumClient } from "@herald/chains/quorum/quorumClient";
import { createTransactionSender } from "@herald/chains/send/transactionSender";
import type { LeafCheck } from "@herald/chains/validator/leafCheck";
import { createResultCheck } from "@herald/chains/validator/resultCheck";
import { runValidator } from "@herald/chains/validator/validator";
import { parseChainId } from "@herald/wire/ids";
import type { Log } from "@herald/wire/log";
import type { PublicClient } from "viem";
import { loadConfig, resolveBeside } from "../config/loadConfig.js";
import { loadSigner } from "../config/loadSigner.js";
import { type ValidatorConfig, validatorConfigSchema } from "../config/validatorConfig.js";
import { lockStore } from "../store/lockStore.js";
import { openStore } from "../store/openStore.js";
import { SqlTransactions } from "../store/sqlTransactions.js";
import { createLog } from "./createLog.js";
import { stopSignal } from "./stopSignal.js";

/** `herald validator`: signs the hub's checkpoints until it is told to stop. */
export async function validator(options: { readonly config: string; readonly logLevel: string }): Promise<void> {
  const config = loadConfig(options.config, validatorConfigSchema);
  const account = loadSigner(options.config, config.signer, "signer");
  const log = createLog(config.name, options.logLevel);
  const signal = stopSignal(() => log.info("The validator is stopping; once more ends it at once."));
  const storageFolder = resolveBeside(options.config, config.storage);
  // Beside the published folder, never in it: what it sends to announce itself on chain.
  const storeFile = `${storageFolder}.sqlite`;
  const lock = lockStore(storeFile, "validator");
  const store = await openStore(storeFile);
  try {
    const { chain, chainId } = config;
    const client = createQuorumClient({ ...config, log });
    const announce = createTransactionSender({
      chain,
      chainId,
      client,
      account,
      store: new SqlTransactions(store),
      log,
      signal,
    });
    const check = config.checks && resultCheckOf(config, config.checks, client, log);
    const parts = { client, account, storageFolder, announce, log, signal, ...(check && { check }) };
    await runValidator({ ...config, ...parts });
  } finally {
    await store.destroy();
    lock.release();
  }
}

/** Reads every origin with providers of its own: what confirms a result must not be what published it. */
function resultCheckOf(
  { mailbox }: ValidatorConfig,
  { resultHub, origins }: NonNullable<ValidatorConfig["checks"]>,
  client: PublicClient,
  log: Log,
): LeafCheck {
  const checked = Object.entries(origins).map(([name, origin]) => ({
    name,
    domain: origin.domain,
    gateway: { chainId: parseChainId(origin.chainId), gateway: origin.gateway },
    client: createQuorumClient({ ...origin, chain: name, log }),
    finality: origin.finality,
  }));
  return createResultCheck({ client, mailbox, resultHub, origins: checked });
}
