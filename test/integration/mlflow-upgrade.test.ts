import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { freePort, type Service, startService } from "../../local/service.ts";
import { findPythonBin } from "../../scripts/setup/find-python.ts";
import { root } from "../../scripts/setup/paths.ts";
import { TestPostgres } from "../support/postgres.ts";

const entryPoint = join(root, "mlflow-task/entry_point.py");
/** Of MLflow 3.1. */
const oldRevision = "6953534de441";
const role = { user: "mlflow", password: "password" };
let postgres: TestPostgres;
let folder: string;
let environment: Record<string, string>;
let server: Service | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "test-mlflow-upgrade-"));
  postgres = await TestPostgres.start();
  await postgres.query(postgres.master, "postgres", "CREATE ROLE mlflow LOGIN CREATEDB PASSWORD 'password'");
  await postgres.query(role, "postgres", "CREATE DATABASE mlflow");
  const uri = `postgresql+psycopg2://mlflow:password@127.0.0.1:${postgres.port}/mlflow`;
  execFileSync(findPythonBin("python"), [join(root, "test/fixtures/old-registry.py"), uri, oldRevision]);
  await postgres.query(
    role,
    "mlflow",
    "INSERT INTO experiments (name, artifact_location, lifecycle_stage) VALUES ('of old', 's3://artifacts/mlflow/1', 'active')",
  );
  environment = {
    DATABASE_HOST: "127.0.0.1",
    DATABASE_PORT: String(postgres.port),
    DATABASE_NAME: "mlflow",
    DATABASE_USER: role.user,
    DATABASE_PASSWORD: role.password,
    PGSSLMODE: "disable",
    ARTIFACT_ROOT: "s3://artifacts/mlflow",
    ALLOWED_HOSTS: "127.0.0.1:*",
  };
});
afterAll(async () => {
  await server?.stop();
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const revisionOf = (database: string) => postgres.query(role, database, "SELECT version_num FROM alembic_version");
const experimentsOf = (database: string) =>
  postgres.query(role, database, "SELECT name FROM experiments ORDER BY experiment_id");
const databases = async (): Promise<string[]> => {
  const found = await postgres.query(
    role,
    "postgres",
    "SELECT datname::text FROM pg_database WHERE datname ~ '^mlflow'",
  );
  return found.flat().map(String).sort();
};

describe("MLflow's entry point on the database of an earlier MLflow", () => {
  it("waits for those who use the database, copies it, then migrates it", async () => {
    const user = new Client({ host: "127.0.0.1", port: postgres.port, database: "mlflow", ...role });
    await user.connect();
    const port = await freePort();
    const starting = startService({
      name: "MLflow",
      command: findPythonBin("python"),
      args: [entryPoint],
      env: { ...environment, PORT: String(port) },
      cwd: folder,
      logFile: join(folder, "mlflow.log"),
      url: `http://127.0.0.1:${port}`,
      healthPath: "/health",
      startWithin: 200_000,
    });
    const copying =
      "SELECT count(*)::int FROM pg_stat_activity WHERE query LIKE 'CREATE DATABASE%' AND state = 'active'";
    const waiting = async () => expect(await postgres.query(role, "postgres", copying)).toEqual([[1]]);
    await vi.waitFor(waiting, { timeout: 60_000, interval: 50 });
    await user.end();
    server = await starting;

    const log = readFileSync(join(folder, "mlflow.log"), "utf8");
    expect(log).toMatch(/The database is copied to mlflow_before_\w+[\s\S]*The database is migrated/);
    const [, copy = ""] = await databases();
    expect(await databases()).toEqual(["mlflow", copy]);
    expect(await revisionOf(copy)).toEqual([[oldRevision]]);
    expect(await revisionOf("mlflow")).toEqual([[copy.replace("mlflow_before_", "")]]);
    for (const database of ["mlflow", copy]) expect(await experimentsOf(database)).toContainEqual(["of old"]);
    const asked = await fetch(`${server.url}/api/2.0/mlflow/experiments/get-by-name?experiment_name=of%20old`);
    expect(await asked.text()).toContain('"name": "of old"');
  });

  it("rejects the database of a later MLflow, and says how to go back", async () => {
    await postgres.query(role, "mlflow", "UPDATE alembic_version SET version_num = 'fedcba987654'");
    const env = { ...process.env, ...environment };
    const { status, stderr } = spawnSync(findPythonBin("python"), [entryPoint], { env, encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr).toMatch(/A newer MLflow has migrated the database \(to revision fedcba987654\)/);
    expect(stderr).toContain("npm run stage -- restore --stage <stage>");
    expect(stderr).not.toContain("Traceback");
  });
});
