import { setTimeout as sleep } from "node:timers/promises";
import type { Sql } from "../../aws/data-api.ts";

/** MLflow's database, and the role of the same name that owns it. */
export const registryDatabase = "mlflow";

export interface SwapOptions {
  /** Milliseconds for which the end of other connections is waited for. Default 1 minute. */
  timeout?: number;
  /** Milliseconds between two attempts. Default 1 second. */
  pause?: number;
}

/** Copies of MLflow's database: those from before a migration, and what was replaced by one of them. */
export async function listCopies(sql: Sql): Promise<string[]> {
  const pattern = `^${registryDatabase}_(before|replaced)_`;
  const rows = await sql.run("SELECT datname::text FROM pg_database WHERE datname ~ :pattern ORDER BY 1", { pattern });
  return rows.map(([name = ""]) => name);
}

/**
 * Puts a copy in the place of MLflow's database, which is kept under the name `replaced`. MLflow must be stopped. May be called
 * again after it broke off between the two.
 * @throws what the database says, when somebody else stays connected
 */
export async function swapDatabase(sql: Sql, copy: string, replaced: string, options: SwapOptions = {}): Promise<void> {
  const [current] = await sql.run("SELECT 1::text FROM pg_database WHERE datname = :name", { name: registryDatabase });
  if (current) await renameDatabase(sql, registryDatabase, replaced, options);
  await renameDatabase(sql, copy, registryDatabase, options);
}

async function renameDatabase(sql: Sql, name: string, to: string, { timeout = 60_000, pause = 1000 }: SwapOptions) {
  const deadline = Date.now() + timeout;
  for (;;) {
    // The Data API keeps connections of its own, as the master user.
    await sql.run(
      "SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity WHERE datname = :name " +
        "AND usename IN (current_user, :role) AND pid <> pg_backend_pid()",
      { name, role: registryDatabase },
    );
    try {
      await sql.run(`ALTER DATABASE "${name}" RENAME TO "${to}"`);
      return;
    } catch (error) {
      const inUse = error instanceof Error && error.message.includes("is being accessed by other users");
      if (!inUse || Date.now() + pause > deadline) throw error;
      await sleep(pause);
    }
  }
}
