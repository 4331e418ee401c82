import type { Sql } from "../../aws/data-api.ts";
import { scramVerifier } from "./scram.ts";

/** A database, and the role of the same name that is to own it. */
export interface RequestedDatabase {
  /** Small letters, digits and underscores. */
  name: string;
  password: string;
}

/**
 * Makes each database with its role where they are missing, and sets role and rights to what they should be where they are
 * not. May be called any number of times, by a user who may create databases and roles.
 */
export async function prepareDatabases(sql: Sql, requested: RequestedDatabase[]): Promise<void> {
  for (const { name, password } of requested) {
    await prepareRole(sql, name, password);
    const [database] = await sql.run("SELECT datname::text FROM pg_database WHERE datname = :name", { name });
    if (!database) await sql.run(`CREATE DATABASE "${name}" OWNER "${name}"`);
    else await sql.run(`ALTER DATABASE "${name}" OWNER TO "${name}"`);
    await sql.run(`REVOKE ALL ON DATABASE "${name}" FROM PUBLIC`);
  }
}

async function prepareRole(sql: Sql, name: string, password: string): Promise<void> {
  const [role] = await sql.run("SELECT rolname::text FROM pg_roles WHERE rolname = :name", { name });
  // A verifier instead of the password: no log of statements can leak it. Its colons are escaped, since the Data API takes
  // `:name` for a parameter and does not document whether it does so within a literal.
  const verifier = scramVerifier(password).replaceAll(":", "\\x3a");
  // It makes databases to copy its own before a migration.
  const rights = `LOGIN CREATEDB NOCREATEROLE PASSWORD E'${verifier}'`;
  await sql.run(`${role ? "ALTER" : "CREATE"} ROLE "${name}" ${rights}`);
  // Only a member of a role may give it a database, and take rights on that database from others.
  await sql.run(`GRANT "${name}" TO CURRENT_USER WITH INHERIT TRUE, SET TRUE`);
}
