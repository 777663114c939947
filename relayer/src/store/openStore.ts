import { HeraldError } from "@herald/wire/errors";
import BetterSqlite from "better-sqlite3";
import { Kysely, Migrator, SqliteDialect } from "kysely";
import { migrationProvider } from "./migrations.js";
import type { Database } from "./schema.js";

/** The relayer's database. */
export type Store = Kysely<Database>;

/**
 * Opens the SQLite file and brings its schema up to date. WAL with full synchronisation: what was committed is there after a power cut,
 * which the nonce and the signed bytes rely on.
 * @throws HeraldError STORE_UNUSABLE if it cannot be opened or migrated
 */
export async function openStore(file: string): Promise<Store> {
  try {
    const sqlite = new BetterSqlite(file);
    sqlite.pragma("journal_mode = WAL");
    sqlite.pragma("synchronous = FULL");
    sqlite.pragma("busy_timeout = 5000");
    const db: Store = new Kysely<Database>({ dialect: new SqliteDialect({ database: sqlite }) });
    const { error } = await new Migrator({ db, provider: migrationProvider }).migrateToLatest();
    if (error !== undefined) throw error;
    return db;
  } catch (cause) {
    throw new HeraldError({
      code: "STORE_UNUSABLE",
      message: "The relayer's database cannot be used.",
      facts: { file },
      fix: "Check that the folder is writable, the disk is not full, and no newer version of Herald wrote the file.",
      actor: "operator",
      retry: "never",
      cause,
    });
  }
}
