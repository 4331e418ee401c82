import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { findPythonBin } from "../scripts/setup/find-python.ts";
import { type Service, startService } from "./service.ts";

export interface MinistackOptions {
  /** Folder that keeps buckets, stacks and executions between runs; without one they end with the server. */
  stateFolder?: string;
  port: number;
  logFile: string;
}

const modules = fileURLToPath(new URL("../node_modules", import.meta.url));

/** Starts MiniStack, the local AWS. Its Lambdas run under the project's Node and find the project's native modules. */
export async function startMinistack(options: MinistackOptions): Promise<Service> {
  const folder = resolve(options.stateFolder ?? mkdtempSync(join(tmpdir(), "ministack-")));
  mkdirSync(folder, { recursive: true });
  const url = `http://127.0.0.1:${options.port}`;
  const service = await startService({
    name: "MiniStack",
    command: findPythonBin("ministack"),
    args: [],
    env: {
      PATH: [join(modules, ".bin"), process.env.PATH].join(delimiter),
      NODE_PATH: modules,
      GATEWAY_PORT: String(options.port),
      BIND_HOST: "127.0.0.1",
      IOT_MTLS_ENABLED: "0",
      LAMBDA_EXECUTOR: "local",
      STATE_DIR: join(folder, "state"),
      S3_DATA_DIR: join(folder, "s3"),
      PERSIST_STATE: options.stateFolder ? "1" : "0",
      S3_PERSIST: options.stateFolder ? "1" : "0",
      // Handed on to the Lambdas that it runs.
      ...localAws(url),
    },
    cwd: folder,
    logFile: resolve(options.logFile),
    url,
    healthPath: "/_ministack/health",
    startWithin: 30_000,
  });
  if (!options.stateFolder) void service.exited.then(() => rmSync(folder, { recursive: true, force: true }));
  return service;
}

/** Has the AWS clients of this process speak to an emulator and to nothing else. */
export function useLocalAws(url: string): void {
  Object.assign(process.env, localAws(url));
}

/** Environment with which AWS clients, commands and MLflow's own clients reach MiniStack and nothing else. */
export function localAws(url: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: url,
    MLFLOW_S3_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_EC2_METADATA_DISABLED: "true",
  };
}
