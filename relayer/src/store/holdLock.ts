import BetterSqlite from "better-sqlite3";

/**
 * Takes a lock that ends with the process, however that ends: an open transaction on a file of its own. Undefined where another process
 * has it.
 */
export function holdLock(file: string): { release(): void } | undefined {
  const lock = new BetterSqlite(file, { timeout: 0 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return { release: () => lock.close() };
  } catch (error) {
    lock.close();
    if (error instanceof BetterSqlite.SqliteError && error.code.startsWith("SQLITE_BUSY")) return undefined;
    throw error;
  }
}
