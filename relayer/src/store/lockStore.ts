import { statSync } from "node:fs";
import { dirname } from "node:path";
import { HeraldError } from "@herald/wire/errors";
import { holdLock } from "./holdLock.js";

/**
 * Makes this process the only one on a database: two would sign with the same nonces.
 * @throws HeraldError STORE_FOLDER_MISSING, STORE_LOCKED, STORE_UNUSABLE
 */
export function lockStore(file: string, owner = "process"): { release(): void } {
  const folder = dirname(file);
  // Never made here: a mistyped path would begin an empty store, and with it the nonces anew.
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw folderMissing(file, folder);
  const lockFile = `${file}.lock`;
  let lock: { release(): void } | undefined;
  try {
    lock = holdLock(lockFile);
  } catch (cause) {
    throw new HeraldError({
      code: "STORE_UNUSABLE",
      message: "The lock beside the database cannot be opened.",
      facts: { store: file, lock: lockFile },
      fix: "Check that this user may write in the folder.",
      actor: "operator",
      retry: "never",
      cause,
    });
  }
  if (lock !== undefined) return lock;
  throw new HeraldError({
    code: "STORE_LOCKED",
    message: `Another ${owner} is running on this database.`,
    facts: { store: file, lock: lockFile },
    fix: `Stop the other ${owner}. For a second one, give it a store and signing keys of its own: one key must never have two stores.`,
    actor: "operator",
    retry: { afterMs: 5_000 },
  });
}

function folderMissing(store: string, folder: string): HeraldError {
  return new HeraldError({
    code: "STORE_FOLDER_MISSING",
    message: "The folder of the database does not exist.",
    facts: { store, folder },
    fix: "Create the folder, or correct the path in the configuration.",
    actor: "operator",
    retry: "never",
  });
}
