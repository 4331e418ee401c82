import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { findPythonBin } from "../scripts/setup/find-python.ts";
import { type Service, startService } from "./service.ts";

export interface MlflowOptions {
  /** Folder of the SQLite database. */
  stateFolder: string;
  port: number;
  /** Address of the S3 that the server reads artifacts from to show them. */
  s3Endpoint: string;
  /** `s3://` address below which experiments without a location of their own keep their artifacts. */
  artifactRoot: string;
  logFile: string;
}

/** Starts the real MLflow server on SQLite: one worker, no jobs, no telemetry, artifacts left to the clients. */
export function startMlflow(options: MlflowOptions): Promise<Service> {
  const cwd = resolve(options.stateFolder);
  mkdirSync(cwd, { recursive: true });
  const bucket = /^s3:\/\/([^/]+)/.exec(options.artifactRoot)?.[1];
  if (!bucket) throw new Error(`The artifact root '${options.artifactRoot}' is not an s3:// address`);
  return startService({
    name: "MLflow",
    command: findPythonBin("mlflow"),
    args: [
      "server",
      ...["--backend-store-uri", `sqlite:///${cwd}/mlflow.db`],
      ...["--default-artifact-root", options.artifactRoot, "--no-serve-artifacts"],
      ...["--host", "127.0.0.1", "--port", String(options.port), "--workers", "1"],
    ],
    env: {
      MLFLOW_S3_ENDPOINT_URL: options.s3Endpoint,
      MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false",
      MLFLOW_DISABLE_TELEMETRY: "true",
      MLFLOW_CREATE_MODEL_VERSION_SOURCE_VALIDATION_REGEX: `^(runs:/|models:/|s3://${bucket}/)`,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_EC2_METADATA_DISABLED: "true",
    },
    cwd,
    logFile: resolve(options.logFile),
    url: `http://127.0.0.1:${options.port}`,
    healthPath: "/health",
    startWithin: 120_000,
  });
}
