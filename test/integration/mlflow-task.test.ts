import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { DataApi } from "../../aws/data-api.ts";
import { createMlflowClient } from "../../core/mlflow/client.ts";
import { prepareDatabases } from "../../lambdas/prepare-database/logic.ts";
import { freePort, type Service, startService } from "../../local/service.ts";
import { findPythonBin } from "../../scripts/setup/find-python.ts";
import { root } from "../../scripts/setup/paths.ts";
import { startDataApi } from "../support/data-api.ts";
import { bucketStore } from "../support/ministack.ts";
import { TestPostgres } from "../support/postgres.ts";
import { synthesise } from "../support/stages.ts";

const entryPoint = join(root, "mlflow-task/entry_point.py");
// What needs quoting in an address, to see that it is quoted.
const password = "p@ss:w/ord%20";
const [, task] = synthesise("dev").resources("AWS::ECS::TaskDefinition")[0] ?? [];
const variables: { Name: string; Value: string }[] = task?.Properties.ContainerDefinitions[0].Environment;
const templateHosts = variables.find(({ Name }) => Name === "ALLOWED_HOSTS")?.Value;
let postgres: TestPostgres;
let server: Service;
let folder: string;
let environment: Record<string, string>;

async function startTask(name: string): Promise<Service> {
  const port = await freePort();
  return startService({
    name,
    command: findPythonBin("python"),
    args: [entryPoint],
    env: { ...environment, PORT: String(port) },
    cwd: folder,
    logFile: join(folder, `${name}.log`),
    url: `http://127.0.0.1:${port}`,
    healthPath: "/health",
    startWithin: 200_000,
  });
}

beforeAll(async () => {
  const { aws, artifactBucket } = inject("services");
  folder = mkdtempSync(join(tmpdir(), "test-mlflow-task-"));
  postgres = await TestPostgres.start();
  const api = await startDataApi(postgres);
  const sql = new DataApi(api.client, { clusterArn: "arn:cluster", secretArn: "arn:secret", database: "postgres" });
  await prepareDatabases(sql, [{ name: "mlflow", password }]);
  await api.stop();
  environment = {
    DATABASE_HOST: "127.0.0.1",
    DATABASE_PORT: String(postgres.port),
    DATABASE_NAME: "mlflow",
    DATABASE_USER: "mlflow",
    DATABASE_PASSWORD: password,
    // The embedded server has no certificate.
    PGSSLMODE: "disable",
    ARTIFACT_ROOT: `s3://${artifactBucket}/mlflow`,
    // The tests themselves call it by its address; the rest is the template's.
    ALLOWED_HOSTS: `127.0.0.1:*,${templateHosts}`,
    MLFLOW_S3_ENDPOINT_URL: aws,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_EC2_METADATA_DISABLED: "true",
  };
  const [first, twin] = await Promise.all([startTask("first"), startTask("twin")]);
  await twin.stop();
  server = first;
});
afterAll(async () => {
  await server?.stop();
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe("the MLflow task", () => {
  it("migrates the database once, though two tasks start at once on an empty one", () => {
    const made = ["first", "twin"].map((name) => {
      const log = readFileSync(join(folder, `${name}.log`), "utf8");
      return [/Creating initial MLflow database tables/, /The database is migrated/].map((line) => line.test(log));
    });
    expect(made.sort()).toEqual([
      [false, true],
      [true, true],
    ]);
  });

  it("keeps runs in its own database and their artifacts below its own root", async () => {
    const { aws, artifactBucket } = inject("services");
    const { experiments, runs } = createMlflowClient({ trackingUri: server.url });
    const experiment = await experiments.getOrCreate("task", `s3://${artifactBucket}/mlflow/task`);
    const run = await runs.create(experiment, "run", {});
    const asMlflow = { user: "mlflow", password };
    expect(await postgres.query(asMlflow, "mlflow", "SELECT run_uuid FROM runs")).toEqual([[run.runId]]);

    const prefix = new URL(run.artifactUri).pathname.slice(1);
    await bucketStore(aws, artifactBucket).write(`${prefix}/note.txt`, "seen by the page");
    const shown = await fetch(`${server.url}/get-artifact?run_uuid=${run.runId}&path=note.txt`);
    expect(await shown.text()).toBe("seen by the page");
  });

  it("takes model versions from its bucket alone", async () => {
    const { artifactBucket } = inject("services");
    const { registry } = createMlflowClient({ trackingUri: server.url });
    await registry.ensureModel("guarded");
    const create = (source: string) =>
      fetch(`${server.url}/api/2.0/mlflow/model-versions/create`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ name: "guarded", source }),
      }).then(({ status }) => status);
    expect(await create(`s3://${artifactBucket}/mlflow/1/model`)).toBe(200);
    for (const source of ["s3://elsewhere/model", `s3://${artifactBucket}-not/mlflow/x`, "https://example.com/model"]) {
      expect(await create(source), source).toBe(400);
    }
  });

  it("answers to its own names alone", async () => {
    const statusAs = async (host: string) => {
      const { port } = new URL(server.url);
      const asked = spawnSync("python3", ["-c", askAs, port, host], { encoding: "utf8" });
      return Number(asked.stdout);
    };
    for (const own of ["mlflow.avocado-dev.internal", "mlflow.avocado-dev.internal:5000"])
      expect(await statusAs(own), own).toBe(200);
    // The names that a VPC link sends when nothing overwrites the header, and a stranger's.
    for (const other of ["abc.execute-api.us-east-1.amazonaws.com", "10.42.0.17:5000", "evil.example.com"])
      expect(await statusAs(other), other).toBe(403);
  });

  it("holds no connection open, so that the database may pause", async () => {
    await fetch(`${server.url}/api/2.0/mlflow/experiments/get-by-name?experiment_name=Default`);
    const open = "SELECT count(*)::int FROM pg_stat_activity WHERE usename = 'mlflow'";
    expect(await postgres.query(postgres.master, "postgres", open)).toEqual([[0]]);
  });

  it("starts no job runner and only one worker", () => {
    const log = readFileSync(join(folder, "first.log"), "utf8");
    expect(log.match(/Application startup complete/g)).toHaveLength(1);
    expect(log).not.toMatch(/huey|job runner/i);
  });

  it("starts again on a database that is migrated, and keeps what is in it", async () => {
    const asMlflow = { user: "mlflow", password };
    const before = await postgres.query(asMlflow, "mlflow", "SELECT count(*)::int FROM runs");
    const second = await startTask("second");
    await second.stop();
    expect(await postgres.query(asMlflow, "mlflow", "SELECT count(*)::int FROM runs")).toEqual(before);
    expect(readFileSync(join(folder, "second.log"), "utf8")).not.toContain("Running upgrade");
  });

  it("never writes its password into its log", () => {
    const log = readFileSync(join(folder, "first.log"), "utf8");
    for (const secret of [password, encodeURIComponent(password)]) expect(log).not.toContain(secret);
  });

  it("names everything that its environment lacks, and rejects to answer every host", () => {
    const env = { PATH: process.env.PATH, ALLOWED_HOSTS: "a,*", ARTIFACT_ROOT: "/tmp/x" };
    const { status, stderr } = spawnSync(findPythonBin("python"), [entryPoint], { env, encoding: "utf8" });
    expect(status).toBe(1);
    for (const named of ["DATABASE_HOST", "DATABASE_PASSWORD", "every host", "'/tmp/x'"])
      expect(stderr).toContain(named);
  });

  it("ends with the reason when the database does not take it", () => {
    const env = { ...process.env, ...environment, DATABASE_PASSWORD: "wrong" };
    const { status, stderr } = spawnSync(findPythonBin("python"), [entryPoint], { env, encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr).toContain("password authentication failed");
  });
});

/** Node's fetch does not let one choose the Host header. */
const askAs = `
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
connection.request("GET", "/api/2.0/mlflow/experiments/get?experiment_id=0", headers={"Host": sys.argv[2]})
print(connection.getresponse().status)
`;
