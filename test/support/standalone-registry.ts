import { ECSClient, UpdateServiceCommand } from "@aws-sdk/client-ecs";
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { validateInput } from "../../core/contracts/execution.ts";
import { artifactRoot } from "../../core/mlflow/artifacts.ts";
import { createMlflowClient } from "../../core/mlflow/client.ts";
import { freePort, type Service } from "../../local/service.ts";
import type { EmulatedAccount } from "./emulated-account.ts";
import { bucketStore, localClient } from "./ministack.ts";
import { executionArn, type Sandbox } from "./pipeline.ts";
import { startRegistry } from "./start-registry.ts";

/** The real MLflow next to an emulated account, in which no task runs and whose gateways lead nowhere. */
export class StandaloneRegistry {
  readonly sandbox: Sandbox;
  /** Environment in which a command's calls to the API of a registry lead here. */
  readonly environment: Record<string, string>;
  private readonly account: EmulatedAccount;
  private readonly service: Service;

  private constructor(account: EmulatedAccount, service: Service, buckets: { data: string; artifacts: string }) {
    this.account = account;
    this.service = service;
    const url = account.aws.url;
    const code = `const { fetch } = globalThis; globalThis.fetch = (address, init) =>
      fetch(String(address).replace(/^https?:..[^/]*execute-api[^/]*/, ${JSON.stringify(service.url)}), init);`;
    this.environment = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
    this.sandbox = {
      mlflow: createMlflowClient({ trackingUri: service.url, backoff: 20 }),
      data: bucketStore(url, buckets.data),
      artifacts: { name: buckets.artifacts, store: bucketStore(url, buckets.artifacts) },
      artifactRoot: artifactRoot(buckets.artifacts),
      input: validateInput({ experimentName: "ripening", modelName: "avocado-model" }),
      executionArn: executionArn("one"),
    };
  }

  /** Starts it on the account's database. `password`: of the role `mlflow`. Stop it in `afterAll`. */
  static async start(
    account: EmulatedAccount,
    password: string,
    buckets: { data: string; artifacts: string },
  ): Promise<StandaloneRegistry> {
    const { postgres, aws } = account;
    const url = `http://127.0.0.1:${await freePort()}`;
    const root = artifactRoot(buckets.artifacts);
    const service = await startRegistry({ aws: aws.url, postgres, url, password, artifactRoot: root });
    return new StandaloneRegistry(account, service, buckets);
  }

  /** Makes it the registry of a stage: no task is wanted until one is started, and champions are published from here. */
  async serve(stage: string): Promise<void> {
    const client = localClient(this.account.aws.url);
    const service = { cluster: `avocado-${stage}`, service: "mlflow", desiredCount: 0 };
    await new ECSClient(client).send(new UpdateServiceCommand(service));
    const lambda = new LambdaClient(client);
    const FunctionName = `avocado-${stage}-publish-champion`;
    const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    const Variables = { ...Environment?.Variables, MLFLOW_TRACKING_URI: this.service.url };
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }));
  }

  stop(): Promise<void> {
    return this.service.stop();
  }
}
