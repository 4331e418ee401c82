import { randomUUID } from "node:crypto";
import { DataApi } from "../../aws/data-api.ts";
import { prepareDatabases } from "../../lambdas/prepare-database/logic.ts";
import { freePort } from "../../local/service.ts";
import type { Image } from "./container/build-image.ts";
import { Container, type Ending } from "./container/container.ts";
import { resolveEnvironment } from "./container/environment.ts";
import { fileSystemOf } from "./container/file-system.ts";
import { startDataApi } from "./data-api.ts";
import { TestPostgres } from "./postgres.ts";
import { synthesise } from "./stages.ts";

const password = randomUUID();

/** A database for MLflow, prepared as the stack prepares it. */
export async function startMlflowDatabase(): Promise<TestPostgres> {
  const postgres = await TestPostgres.start();
  const api = await startDataApi(postgres);
  const sql = new DataApi(api.client, { clusterArn: "arn:cluster", secretArn: "arn:secret", database: "postgres" });
  await prepareDatabases(sql, [{ name: "mlflow", password }]);
  await api.stop();
  return postgres;
}

/** MLflow's container and the integration before it, as the registry stack of `dev` defines them. */
export function registryOfTemplate() {
  const resources = synthesise("dev").resources;
  const task = resources("AWS::ECS::TaskDefinition").find(([id]) => id.startsWith("Mlflow"))?.[1].Properties;
  const integration = resources("AWS::ApiGatewayV2::Integration").find(([id]) => id.startsWith("RegistryApi"));
  const [container] = task?.ContainerDefinitions ?? [];
  const variables: { Name: string; Value: unknown }[] = container.Environment;
  return {
    container,
    variables: Object.fromEntries(variables.map(({ Name, Value }) => [Name, Value])),
    memoryMegabytes: Number(task?.Memory),
    requestParameters: (integration?.[1].Properties.RequestParameters ?? {}) as Record<string, string>,
  };
}

export interface RegistryTask {
  url: string;
  stop(): Promise<Ending>;
}

/**
 * Starts MLflow's image with the variables of the template; what only an account knows is replaced.
 * @throws Error with what the task wrote, when it ends before it answers
 */
export async function runRegistryTask(
  image: Image,
  postgres: TestPostgres,
  { aws, bucket, changes = {} }: { aws: string; bucket: string; changes?: Record<string, string> },
): Promise<RegistryTask> {
  const { container, variables, memoryMegabytes } = registryOfTemplate();
  const port = await freePort();
  const standIns = {
    DATABASE_HOST: "127.0.0.1",
    ARTIFACT_ROOT: `s3://${bucket}/mlflow`,
    PORT: String(port),
    ...changes,
  };
  const started = new Container({
    root: image.root.path,
    mounts: image.mounts,
    workingFolder: image.workingFolder,
    command: image.command,
    uid: image.uid,
    gid: image.uid,
    memoryMegabytes,
    ...fileSystemOf(image, container),
    env: {
      ...image.env,
      ...resolveEnvironment(variables, standIns),
      DATABASE_PASSWORD: password,
      DATABASE_PORT: String(postgres.port),
      // The embedded server has no certificate.
      PGSSLMODE: "disable",
      MLFLOW_S3_ENDPOINT_URL: aws,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_EC2_METADATA_DISABLED: "true",
    },
  });
  const url = `http://127.0.0.1:${port}`;
  const died = started.ended.then(({ code, stdout, stderr }): never => {
    throw new Error(`MLflow ended (${code}): ${stdout.slice(-2000)}${stderr.slice(-2000)}`);
  });
  await Promise.race([untilHealthy(url), died]);
  return { url, stop: () => started.kill() };
}

async function untilHealthy(url: string): Promise<void> {
  for (;;) {
    const healthy = await fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (healthy) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
