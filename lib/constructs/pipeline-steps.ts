import { Aws, Duration } from "aws-cdk-lib";
import type { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import type { StageConfig } from "../config.ts";
import { acknowledgeWildcard } from "./acknowledge.ts";
import { addKaggleSteps } from "./kaggle-steps.ts";
import { NodeFunction } from "./node-function.ts";
import type { PredictApi } from "./predict-api.ts";
import type { PrivateBucket } from "./private-bucket.ts";
import { retrainingArn } from "./retraining.ts";
import type { TrainingQueue } from "./training-queue.ts";

export interface PipelineStepsProps {
  config: StageConfig;
  raw: PrivateBucket;
  data: PrivateBucket;
  artifacts: PrivateBucket;
  api: PredictApi;
  /** Only where trainings wait for a worker. */
  queue?: TrainingQueue;
  /** Who asks Kaggle. */
  kaggleSecret: Secret;
}

export type StepSettings = {
  description: string;
  minutes: number;
  memory: number;
  environment?: Record<string, string>;
};

/** The Lambda of each task of the state machine, with exactly the rights that its step needs. */
export class PipelineSteps extends Construct {
  readonly functions: Record<string, NodeFunction> = {};
  private readonly config: StageConfig;

  constructor(scope: Construct, id: string, props: PipelineStepsProps) {
    super(scope, id);
    this.config = props.config;
    this.addDataSteps(props);
    this.addModelSteps(props);
    addKaggleSteps((handler, settings) => this.add(handler, settings), props);
  }

  private addDataSteps({ config, raw, data }: PipelineStepsProps): void {
    const DATA_BUCKET = data.name;
    const buckets = { RAW_BUCKET: raw.name, DATA_BUCKET };
    this.add("validate-input", { description: "Checks an execution's input", minutes: 0.5, memory: 256 });

    const fetch = this.add("fetch-data", {
      description: "Reads the raw data once and checks every row",
      minutes: 15,
      memory: 1769,
      environment: { ...buckets, ...(config.rawDataSecret && { RAW_DATA_SECRET: config.rawDataSecret }) },
    });
    if (config.rawDataSecret) allowSecret(fetch, config.rawDataSecret);
    raw.grantRead(fetch);
    data.grantRead(fetch, "fetched/");
    data.grantWrite(fetch, "fetched/");

    const find = this.add("find-dataset", {
      description: "Finds the newest data set",
      minutes: 1,
      memory: 512,
      environment: { DATA_BUCKET },
    });
    data.grantRead(find, "datasets/");

    const plan = this.add("plan-dataset", {
      description: "Cuts the fetched photographs into shards",
      minutes: 5,
      memory: 1024,
      environment: { DATA_BUCKET },
    });
    data.grantRead(plan, "fetched/", "datasets/");
    data.grantWrite(plan, "datasets/");

    const preprocess = this.add("preprocess-shard", {
      description: "Decodes and resizes a stretch of photographs",
      minutes: 15,
      memory: 3008,
      environment: { DATA_BUCKET },
    });
    data.grantRead(preprocess, "fetched/", "datasets/");
    data.grantWrite(preprocess, "datasets/");

    const assemble = this.add("assemble-dataset", {
      description: "Makes one data set of the shards",
      minutes: 15,
      memory: 1769,
      environment: { DATA_BUCKET },
    });
    data.grantRead(assemble, "datasets/");
    data.grantWrite(assemble, "datasets/");
  }

  private addModelSteps({ config, data, artifacts, api, queue }: PipelineStepsProps): void {
    const environment = {
      DATA_BUCKET: data.name,
      ARTIFACT_BUCKET: artifacts.name,
      MLFLOW_TRACKING_URI: config.mlflow.trackingUri,
      MLFLOW_AUTH: config.mlflow.auth,
    };
    const train = this.add("start-training", {
      description: "Starts a trainer, which reports back to the state machine itself",
      minutes: 2,
      memory: 512,
      environment: {
        ...environment,
        TRAINER_LAUNCHER: queue ? "sqs" : "ecs",
        ...(queue && { TRAINING_QUEUE_URL: queue.url }),
      },
    });
    data.grantWrite(train, "training/");
    queue?.grantSend(train);
    // It answers for itself: at once when the training is there already, or when it could not be started.
    train.allow(["states:SendTaskSuccess", "states:SendTaskFailure"], [retrainingArn(this, config)]);
    const executions = retrainingArn(this, config, "execution", ":*");
    train.allow(["states:DescribeExecution"], [executions]);
    acknowledgeWildcard(train, executions, "It asks whether an earlier execution goes on, whichever that was");

    const evaluate = this.add("evaluate-model", {
      description: "Scores challenger and champion and decides the promotion",
      minutes: 15,
      memory: 3008,
      environment: { ...environment, PROMOTION_METRIC: config.promotionMetric },
    });
    data.grantRead(evaluate, "datasets/");
    artifacts.grantRead(evaluate, "mlflow/");
    artifacts.grantWrite(evaluate, "mlflow/");

    const deploy = this.add("deploy-model", {
      description: "Publishes the champion and has the API take it up",
      minutes: 5,
      memory: 1769,
      environment: { ...environment, API_URL: api.url, API_AUTH: "sigv4" },
    });
    artifacts.grantRead(deploy, "mlflow/", "serving/");
    artifacts.grantWrite(deploy, "serving/");
    api.grantReload(deploy);

    this.add("record-failure", {
      description: "Marks a failed run in MLflow with its reason",
      minutes: 1,
      memory: 512,
      environment,
    });
  }

  private add(handler: string, { description, minutes, memory, environment = {} }: StepSettings): NodeFunction {
    const name = handler.replace(/(^|-)(\w)/g, (_, _dash, letter: string) => letter.toUpperCase());
    const step = new NodeFunction(this, name, {
      config: this.config,
      handler,
      description,
      timeout: Duration.minutes(minutes),
      memoryMegabytes: memory,
      environment,
    });
    this.functions[name] = step;
    return step;
  }
}

/** Secrets Manager adds six characters to a name to make an ARN. */
function allowSecret(step: NodeFunction, name: string): void {
  const arn = `arn:${Aws.PARTITION}:secretsmanager:${Aws.REGION}:${Aws.ACCOUNT_ID}:secret:${name}-??????`;
  step.allow(["secretsmanager:GetSecretValue"], [arn]);
}
