import { Duration, Stack } from "aws-cdk-lib";
import { Construct } from "constructs";
import type { StageConfig } from "../config.ts";
import { acknowledgeWildcard } from "./acknowledge.ts";
import { addKaggleSteps } from "./kaggle-steps.ts";
import { allowSecret, NodeFunction } from "./node-function.ts";
import type { PredictApi } from "./predict-api.ts";
import type { PrivateBucket } from "./private-bucket.ts";
import type { Registry } from "./registry.ts";
import { retrainingArn } from "./retraining.ts";
import type { SageMakerTrainer } from "./sagemaker-trainer.ts";
import type { TrainerTask } from "./trainer-task.ts";
import type { TrainingQueue } from "./training-queue.ts";

export interface PipelineStepsProps {
  config: StageConfig;
  raw: PrivateBucket;
  data: PrivateBucket;
  artifacts: PrivateBucket;
  api: PredictApi;
  registry: Registry;
  /** Only where trainings wait for a worker. */
  queue?: TrainingQueue;
  /** Only where they run as tasks. */
  trainer?: TrainerTask;
  /** Only where the stage has strategy `sagemaker`. */
  sagemaker?: SageMakerTrainer;
  /** Name of the secret with Kaggle's credentials. */
  kaggleSecret: string;
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

  private addDataSteps({ config, raw, data, sagemaker }: PipelineStepsProps): void {
    const DATA_BUCKET = data.name;
    const buckets = { RAW_BUCKET: raw.name, DATA_BUCKET };
    this.add("validate-input", {
      description: "Checks an execution's input",
      minutes: 0.5,
      memory: 256,
      environment: { DATA_BUCKET, STRATEGIES: ["ecs", "kaggle", ...(sagemaker ? ["sagemaker"] : [])].join(",") },
    });
    this.addLock(data);

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
      description: "Finds the newest dataset",
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
      description: "Decodes and resizes a range of photographs",
      minutes: 15,
      memory: 3008,
      environment: { DATA_BUCKET },
    });
    data.grantRead(preprocess, "fetched/", "datasets/");
    data.grantWrite(preprocess, "datasets/");

    const assemble = this.add("assemble-dataset", {
      description: "Makes one dataset of the shards",
      minutes: 15,
      memory: 1769,
      environment: { DATA_BUCKET },
    });
    data.grantRead(assemble, "datasets/");
    data.grantWrite(assemble, "datasets/");
  }

  private addLock(data: PrivateBucket): void {
    const environment = { DATA_BUCKET: data.name };
    const take = this.add("acquire-lock", {
      description: "Lets one retraining run",
      minutes: 1,
      memory: 256,
      environment,
    });
    const description = "Lets the next retraining run";
    const release = this.add("release-lock", { description, minutes: 0.5, memory: 256, environment });
    for (const step of [take, release]) {
      data.grantRead(step, "locks/");
      data.grantWrite(step, "locks/");
    }
    this.allowDescribe(take);
  }

  /** Allows to ask whether an execution goes on. */
  private allowDescribe(step: NodeFunction): void {
    const executions = retrainingArn(this, this.config, "execution", ":*");
    step.allow(["states:DescribeExecution"], [executions]);
    acknowledgeWildcard(step, executions, "It asks whether an earlier execution goes on, whichever that was");
  }

  private addModelSteps({
    config,
    data,
    artifacts,
    api,
    queue,
    trainer,
    sagemaker,
    registry,
  }: PipelineStepsProps): void {
    const mlflow = { MLFLOW_TRACKING_URI: registry.trackingUri, MLFLOW_AUTH: registry.auth };
    const start = this.add("start-registry", {
      description: "Starts MLflow where it is scaled to zero, and waits until it answers",
      // Its own limit is 10 minutes; the last call may wait for half a minute more.
      minutes: 12,
      memory: 256,
      environment: {
        ...mlflow,
        ...(registry.service && {
          MLFLOW_CLUSTER: registry.service.cluster,
          MLFLOW_SERVICE: registry.service.name,
        }),
      },
    });
    registry.grantStart(start);

    const records = { ...mlflow, ARTIFACT_BUCKET: artifacts.name };
    const environment = { ...records, DATA_BUCKET: data.name };
    const train = this.add("start-training", {
      description: "Starts a trainer, which reports back to the state machine itself",
      // A call may wait 2 minutes for a database that is starting.
      minutes: 5,
      memory: 512,
      environment: {
        ...environment,
        TRAINER_LAUNCHER: queue ? "sqs" : "ecs",
        ...(queue && { TRAINING_QUEUE_URL: queue.url }),
      },
    });
    data.grantWrite(train, "training/");
    queue?.grantSend(train);
    trainer?.allowStart(train);
    sagemaker?.allowStart(train);
    // It answers for itself: at once when the training is there already, or when it could not be started.
    train.allow(["states:SendTaskSuccess", "states:SendTaskFailure"], [retrainingArn(this, config)]);
    this.allowDescribe(train);

    const evaluate = this.add("evaluate-model", {
      description: "Scores challenger and champion and decides the promotion",
      minutes: 15,
      memory: 3008,
      environment: { ...environment, PROMOTION_METRIC: config.promotionMetric },
    });
    data.grantRead(evaluate, "datasets/");
    artifacts.grantRead(evaluate, "mlflow/");
    const { partition, region, account } = Stack.of(this);
    evaluate.allow(["events:PutEvents"], [`arn:${partition}:events:${region}:${account}:event-bus/default`]);
    artifacts.grantWrite(evaluate, "mlflow/");

    const deploy = this.add("deploy-model", {
      description: "Publishes the champion and has the API load it",
      minutes: 5,
      memory: 1769,
      environment: { ...records, API_URL: api.url, API_AUTH: "sigv4" },
    });
    artifacts.grantRead(deploy, "mlflow/", "serving/");
    artifacts.grantWrite(deploy, "serving/");
    api.grantReload(deploy);

    const record = this.add("record-failure", {
      description: "Marks a failed run in MLflow with its reason",
      minutes: 5,
      memory: 512,
      environment: records,
    });
    for (const step of [train, evaluate, deploy, record]) registry.grantUse(step);
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
