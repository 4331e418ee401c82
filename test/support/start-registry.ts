import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { localAws } from "../../local/ministack.ts";
import { type Service, startService } from "../../local/service.ts";
import { findPythonBin } from "../../scripts/setup/find-python.ts";
import { root } from "../../scripts/setup/paths.ts";
import type { TestPostgres } from "./postgres.ts";

/** Starts MLflow as its task does, on the database `mlflow` of a PostgreSQL. Stop it in `afterAll`. */
export async function startRegistry(options: {
  aws: string;
  postgres: TestPostgres;
  /** Where it is to answer. */
  url: string;
  /** Of the role `mlflow`. */
  password: string;
  artifactRoot: string;
}): Promise<Service> {
  const cwd = mkdtempSync(join(tmpdir(), "test-registry-"));
  const service = await startService({
    name: "MLflow",
    command: findPythonBin("python"),
    args: [join(root, "mlflow-task/entry_point.py")],
    env: {
      ...localAws(options.aws),
      DATABASE_HOST: "127.0.0.1",
      DATABASE_PORT: String(options.postgres.port),
      DATABASE_NAME: "mlflow",
      DATABASE_USER: "mlflow",
      DATABASE_PASSWORD: options.password,
      PGSSLMODE: "disable",
      ARTIFACT_ROOT: options.artifactRoot,
      ALLOWED_HOSTS: "127.0.0.1:*",
      PORT: new URL(options.url).port,
    },
    cwd,
    logFile: join(cwd, "mlflow.log"),
    url: options.url,
    healthPath: "/health",
    startWithin: 200_000,
  });
  void service.exited.then(() => rmSync(cwd, { recursive: true, force: true }));
  return service;
}
