import { S3Client } from "@aws-sdk/client-s3";
import { DataApi } from "../../aws/data-api.ts";
import type { S3Store } from "../../aws/s3-store.ts";
import type { TransferStage } from "../../cli/commands/stage/transfer/connect.ts";
import { validateInput } from "../../core/contracts/execution.ts";
import { artifactRoot } from "../../core/mlflow/artifacts.ts";
import { createMlflowClient } from "../../core/mlflow/client.ts";
import { publishManifest } from "../../core/serving/publish.ts";
import { prepareDatabases } from "../../lambdas/prepare-database/logic.ts";
import { freePort, type Service } from "../../local/service.ts";
import { startDataApi } from "./data-api.ts";
import { createBucket, localClient } from "./ministack.ts";
import { executionArn, type Sandbox } from "./pipeline.ts";
import { TestPostgres } from "./postgres.ts";
import { startRegistry } from "./start-registry.ts";

const modelName = "avocado-model";

/**
 * A stage as far as it moves to another one: its buckets in the emulator, and the real MLflow on a real PostgreSQL, which the
 * stage's commands reach by the Data API alone and which they stop and start.
 */
export class TestStage {
  readonly name: string;
  readonly postgres: TestPostgres;
  readonly buckets: TransferStage["buckets"];
  readonly raw: S3Store;
  readonly sandbox: Sandbox;
  readonly mlflowUrl: string;
  /** As the stage's commands see it. */
  readonly transfer: TransferStage;
  private readonly aws: string;
  private readonly dataApi: Awaited<ReturnType<typeof startDataApi>>;
  private service: Service | undefined;

  private constructor(
    options: { name: string; aws: string; port: number },
    database: { postgres: TestPostgres; dataApi: Awaited<ReturnType<typeof startDataApi>> },
    stores: Record<"raw" | "data" | "artifacts", S3Store>,
  ) {
    this.name = options.name;
    this.aws = options.aws;
    this.mlflowUrl = `http://127.0.0.1:${options.port}`;
    this.postgres = database.postgres;
    this.dataApi = database.dataApi;
    const { raw, data, artifacts } = stores;
    this.raw = raw;
    this.buckets = { raw: raw.bucket, data: data.bucket, artifacts: artifacts.bucket };
    this.sandbox = {
      mlflow: createMlflowClient({ trackingUri: this.mlflowUrl, backoff: 20 }),
      data,
      artifacts: { name: artifacts.bucket, store: artifacts },
      artifactRoot: artifactRoot(artifacts.bucket),
      input: validateInput({ experimentName: "ripening", modelName }),
      executionArn: executionArn(options.name),
    };
    const open = (name: string) =>
      new DataApi(this.dataApi.client, { clusterArn: "arn:cluster", secretArn: "arn:secret", database: name });
    this.transfer = {
      name: this.name,
      sql: open("postgres"),
      open,
      s3: new S3Client(localClient(this.aws)),
      buckets: this.buckets,
      checkIdle: async () => {},
      server: {
        isRequested: async () => this.service !== undefined,
        isRunning: async () => this.service !== undefined,
        stop: () => this.stopMlflow(),
        start: () => this.startMlflow(),
      },
      publishChampion: async () => void (await publishManifest(modelName, this.sandbox)),
    };
  }

  /** Starts everything but MLflow, which has no tables yet. Stop it in `afterAll`. */
  static async start(name: string, aws: string): Promise<TestStage> {
    const postgres = await TestPostgres.start();
    const dataApi = await startDataApi(postgres);
    const bucket = (purpose: string) => createBucket(aws, `avocado-${name}-${purpose}`);
    const stores = { raw: await bucket("raw"), data: await bucket("data"), artifacts: await bucket("artifacts") };
    const stage = new TestStage({ name, aws, port: await freePort() }, { postgres, dataApi }, stores);
    await prepareDatabases(stage.transfer.sql, [{ name: "mlflow", password: "password" }]);
    return stage;
  }

  async stop(): Promise<void> {
    await this.stopMlflow();
    await this.dataApi.stop();
    await this.postgres.stop();
  }

  query(database: string, text: string): Promise<unknown[][]> {
    return this.postgres.query(this.postgres.master, database, text);
  }

  /** All rows of all tables, as text. */
  async readRegistry(database = "mlflow"): Promise<Record<string, string[]>> {
    const tables = await this.query(database, "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'");
    const read = async (table: string) => {
      const rows = await this.query(database, `SELECT row_to_json(t)::text FROM "${table}" AS t ORDER BY 1`);
      return [table, rows.flat().map(String)] as const;
    };
    return Object.fromEntries(await Promise.all(tables.flat().map((table) => read(String(table)))));
  }

  /** Keys, sizes and versions of all objects. */
  async readBuckets(): Promise<string[]> {
    const { data, artifacts } = this.sandbox;
    const found: string[] = [];
    for (const store of [this.raw, data, artifacts.store] as S3Store[])
      for await (const { key, size, etag } of store.list("")) found.push(`${store.bucket}/${key} ${size} ${etag}`);
    return found;
  }

  async startMlflow(): Promise<void> {
    const { aws, postgres, sandbox, mlflowUrl: url } = this;
    this.service ??= await startRegistry({
      aws,
      postgres,
      url,
      password: "password",
      artifactRoot: sandbox.artifactRoot,
    });
  }

  private async stopMlflow(): Promise<void> {
    await this.service?.stop();
    this.service = undefined;
  }
}
