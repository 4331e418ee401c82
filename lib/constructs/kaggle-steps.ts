import { acknowledgeWildcard } from "./acknowledge.ts";
import { allowSecret, type NodeFunction } from "./node-function.ts";
import type { PipelineStepsProps, StepSettings } from "./pipeline-steps.ts";
import { retrainingArn } from "./retraining.ts";

/** Adds the Lambdas with which Kaggle trains; only they may read its credentials. */
export function addKaggleSteps(
  add: (handler: string, settings: StepSettings) => NodeFunction,
  { config, data, artifacts, registry, kaggleSecret, sagemaker }: PipelineStepsProps,
): void {
  const { kaggle } = config;
  const seconds = (hours: number) => String(Math.round(hours * 3600));
  const common = { KAGGLE_BASE_URL: kaggle.baseUrl, KAGGLE_SECRET: kaggleSecret };
  const records = {
    ARTIFACT_BUCKET: artifacts.name,
    MLFLOW_TRACKING_URI: registry.trackingUri,
    MLFLOW_AUTH: registry.auth,
  };
  const gpu = { KAGGLE_GPU: String(kaggle.gpu) };
  const waiting = { KAGGLE_WAIT_SECONDS: String(kaggle.waitSeconds) };
  const timeouts = {
    KAGGLE_QUEUE_TIMEOUT_SECONDS: seconds(kaggle.queueTimeoutHours),
    KAGGLE_RUN_TIMEOUT_SECONDS: seconds(kaggle.runTimeoutHours),
  };

  const upload = add("upload-dataset", {
    description: "Makes a dataset a version on Kaggle",
    minutes: 15,
    memory: 1024,
    environment: {
      ...common,
      ...waiting,
      ...gpu,
      DATA_BUCKET: data.name,
      KAGGLE_DATASET_SLUG: kaggle.dataset.slug,
      KAGGLE_DATASET_TITLE: kaggle.dataset.title,
      KAGGLE_DATASET_LICENCE: kaggle.dataset.licence,
      KAGGLE_DATASET_KEEP_VERSIONS: String(kaggle.dataset.keepVersions),
      KAGGLE_DATASET_TIMEOUT_SECONDS: seconds(kaggle.datasetTimeoutHours),
    },
  });
  data.grantRead(upload, "datasets/");

  const { tracking } = kaggle;
  const push = add("push-kernel", {
    description: "Has Kaggle run the notebook",
    minutes: 5,
    memory: 512,
    environment: {
      ...common,
      ...records,
      ...waiting,
      ...timeouts,
      ...gpu,
      KAGGLE_KERNEL_PREFIX: kaggle.kernelPrefix,
      KAGGLE_MACHINE_SHAPE: kaggle.machineShape,
      KAGGLE_WEIGHTS: kaggle.weights,
      ...(tracking && { KAGGLE_TRACKING_URI: tracking.uri }),
    },
  });
  const executions = retrainingArn(push, config, "execution", ":*");
  push.allow(["states:DescribeExecution"], [executions]);
  acknowledgeWildcard(push, executions, "It asks whether an earlier execution goes on, whichever that was");

  const check = add("check-kernel", {
    description: "Says how the kernel stands",
    minutes: 5,
    memory: 512,
    environment: { ...common, ...waiting, ...timeouts },
  });

  const collect = add("collect-training", {
    description: "Takes what the notebook left into MLflow",
    minutes: 15,
    memory: 1769,
    environment: {
      ...common,
      ...records,
      DATA_BUCKET: data.name,
      KAGGLE_KEEP_KERNELS: String(kaggle.keepKernels),
    },
  });
  data.grantRead(collect, "datasets/", ...(sagemaker ? ["training/"] : []));
  artifacts.grantRead(collect, "mlflow/");
  artifacts.grantWrite(collect, "mlflow/");

  for (const step of [push, collect]) registry.grantUse(step);
  for (const step of [upload, push, check, collect]) allowSecret(step, kaggleSecret);
}
