import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "@herald/wire/log";
import type { LocalAccount, PublicClient } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { runValidator, type ValidatorParameters } from "../../src/validator/validator.js";
import type { Anvil } from "./anvil.js";
import type { HyperlaneCore } from "./hyperlane.js";

/** A validator's identity and folder, which outlive its process. */
export interface ValidatorHome {
  readonly account: LocalAccount;
  readonly storageFolder: string;
}

/** A new validator; `scratch` removes the folder with everything else. */
export function newValidatorHome(scratch: string): ValidatorHome {
  return {
    account: privateKeyToAccount(generatePrivateKey()),
    storageFolder: mkdtempSync(join(scratch, "validator-")),
  };
}

export function newScratch(): string {
  return mkdtempSync(join(tmpdir(), "herald-chains-test-"));
}

/** Runs a validator as a process would; `ended` is what it returns or throws. */
export function startValidator(
  hub: { readonly anvil: Anvil; readonly core: HyperlaneCore; readonly client: PublicClient },
  home: ValidatorHome,
  change: Partial<ValidatorParameters> = {},
): { readonly ended: Promise<unknown>; stop(): Promise<unknown> } {
  const stop = new AbortController();
  const { mailbox, merkleTreeHook, validatorAnnounce, deployedAt } = hub.core;
  const ended = runValidator({
    chain: "hub",
    client: hub.client,
    domain: hub.anvil.chainId,
    mailbox,
    merkleTreeHook,
    validatorAnnounce,
    fromBlock: deployedAt,
    reorgPeriod: 0,
    pollMs: 20,
    announce: "skip",
    log: silentLog,
    signal: stop.signal,
    ...home,
    ...change,
  }).catch((error: unknown) => error);
  return {
    ended,
    stop() {
      stop.abort();
      return ended;
    },
  };
}
