import type { Sql } from "../../../aws/data-api.ts";
import { retry } from "../../../core/http/retry.ts";

/** MLflow's database, and the role of the same name that owns it. */
export const registryDatabase = "mlflow";

export interface SwapOptions {
  /** Milliseconds for which the end of other connections is waited for. Default 1 minute. */
  timeout?: number;
  /** Milliseconds between two attempts at least; at most twice as long. Default 1 second. */
  pause?: number;
}

/** Copies of MLflow's database: those from before a migration, and what was replaced by one of them. */
export async function listCopies(sql: Sql): Promise<string[]> {
  const pattern = `^${registryDatabase}_(before|replaced)_`;
  const rows = await sql.run("SELECT datname::text FROM pg_database WHERE datname ~ :pattern ORDER BY 1", { pattern });
  return rows.map(([name = ""]) => name);
}

/** A name for the database that is replaced now, to the millisecond: two may be replaced in one second. */
export function nameReplaced(): string {
  return `${registryDatabase}_replaced_${new Date().toISOString().replace(/\D/g, "")}`;
}

/**
 * Puts a copy in the place of MLflow's database, which is kept under the name `replaced`. MLflow must be stopped. Where the second
 * of the two steps fails, the first is taken back; may be called again after it broke off between them.
 * @throws what the database says, when another client stays connected
 */
export async function swapDatabase(sql: Sql, copy: string, replaced: string, options: SwapOptions = {}): Promise<void> {
  const rename = (name: string, to: string) =>
    whileUnused(sql, name, `ALTER DATABASE "${name}" RENAME TO "${to}"`, options);
  const [current] = await sql.run("SELECT 1::text FROM pg_database WHERE datname = :name", { name: registryDatabase });
  if (current) await rename(registryDatabase, replaced);
  try {
    await rename(copy, registryDatabase);
  } catch (error) {
    if (current) await rename(replaced, registryDatabase);
    throw error;
  }
}

/** Copies MLflow's database, in the place of a copy of that name. MLflow must be stopped. @throws as `swapDatabase` */
export async function copyDatabase(sql: Sql, copy: string, options: SwapOptions = {}): Promise<void> {
  await dropDatabase(sql, copy, options);
  const statement = `CREATE DATABASE "${copy}" OWNER "${registryDatabase}" TEMPLATE "${registryDatabase}"`;
  await whileUnused(sql, registryDatabase, statement, options);
  await sql.run(`REVOKE ALL ON DATABASE "${copy}" FROM PUBLIC`);
}

/** Deletes a database where there is one of the name. @throws as `swapDatabase` */
export async function dropDatabase(sql: Sql, name: string, options: SwapOptions = {}): Promise<void> {
  await whileUnused(sql, name, `DROP DATABASE IF EXISTS "${name}"`, options);
}

/** Runs a statement that takes a database without connections. */
async function whileUnused(
  sql: Sql,
  name: string,
  statement: string,
  { timeout = 60_000, pause = 1000 }: SwapOptions,
): Promise<void> {
  const run = async () => {
    // The Data API keeps connections of its own, as the master user.
    await sql.run(
      "SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity WHERE datname = :name " +
        "AND usename IN (current_user, :role) AND pid <> pg_backend_pid()",
      { name, role: registryDatabase },
    );
    await sql.run(statement);
  };
  const policy = { maxAttempts: Number.POSITIVE_INFINITY, maxElapsed: timeout };
  await retry(
    run,
    { ...policy, initialInterval: pause, backoffCoefficient: 1 },
    { shouldRetry: ({ message }) => message.includes("is being accessed by other users") },
  );
}
