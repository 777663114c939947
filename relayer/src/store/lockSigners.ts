import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { formatError, HeraldError, isHeraldError } from "@herald/wire/errors";
import type { Log } from "@herald/wire/log";
import { holdLock } from "./holdLock.js";

/**
 * Keeps other processes of this machine from sending with the same keys out of another store: each store counts nonces by itself, so both
 * would sign the same ones. Another machine's processes cannot be seen from here.
 * @throws HeraldError SIGNER_IN_USE
 */
export function lockSigners(
  signers: readonly { readonly chainId: number; readonly address: string }[],
  cache: string,
  log: Log,
): { release(): void } {
  const folder = join(cache, "locks");
  // One key may serve several chains, and a chain may be origin and hub at once.
  const names = new Map(signers.map((signer) => [`${signer.chainId}-${signer.address.toLowerCase()}`, signer]));
  const held: { release(): void }[] = [];
  const release = (): void => {
    for (const lock of held) lock.release();
  };
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const [name, { chainId, address }] of names) {
      const lockFile = join(folder, `signer-${name}.lock`);
      const lock = holdLock(lockFile);
      if (lock === undefined) throw inUse(chainId, address, lockFile);
      held.push(lock);
    }
  } catch (error) {
    if (isHeraldError(error)) {
      release();
      throw error;
    }
    // A read-only home must not keep a relayer from running.
    log.warn("Whether another process signs with the same keys cannot be seen.", { folder, error: formatError(error) });
  }
  return { release };
}

function inUse(chainId: number, address: string, lock: string): HeraldError {
  return new HeraldError({
    code: "SIGNER_IN_USE",
    message: "Another process of this machine sends with the same key.",
    facts: { chainId, address, lock },
    fix: "Stop the other process, or give this one keys of its own; two stores of one key would sign the same nonces.",
    actor: "operator",
    retry: { afterMs: 5_000 },
  });
}
