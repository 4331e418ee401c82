import type { PipelineStepsProps, Steps } from "./step.ts";

/** The steps with which Kaggle trains; only they may read its credentials. */
export function kaggleSteps(props: PipelineStepsProps): Steps {
  const { config, data, artifacts, registry, kaggleSecret, sagemaker } = props;
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
  return {
    "upload-dataset": {
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
      data: { read: ["datasets/"] },
      secret: kaggleSecret,
    },
    "push-kernel": {
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
        ...(kaggle.tracking && { KAGGLE_TRACKING_URI: kaggle.tracking.uri }),
      },
      secret: kaggleSecret,
      callsRegistry: true,
      describesExecutions: true,
    },
    "check-kernel": {
      description: "Says how the kernel stands",
      minutes: 5,
      memory: 512,
      environment: { ...common, ...waiting, ...timeouts },
      secret: kaggleSecret,
    },
    "collect-training": {
      description: "Takes what the notebook left into MLflow",
      minutes: 15,
      memory: 1769,
      environment: {
        ...common,
        ...records,
        DATA_BUCKET: data.name,
        KAGGLE_KEEP_KERNELS: String(kaggle.keepKernels),
      },
      data: { read: ["datasets/", ...(sagemaker ? ["training/"] : [])] },
      artifacts: { read: ["mlflow/"], write: ["mlflow/"] },
      secret: kaggleSecret,
      callsRegistry: true,
    },
  };
}
