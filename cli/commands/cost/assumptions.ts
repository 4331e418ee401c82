import type { Strategy } from "../../../core/contracts/execution.ts";

/** Hours of a month, as AWS's calculator counts them. */
export const hoursAMonth = 730;

/** One call of a Lambda, in seconds, and how many calls a retraining makes. Estimates until an account has measured them. */
interface Use {
  seconds: number;
  calls: number;
}

const once = (seconds: number): Use => ({ seconds, calls: 1 });

/** What each Lambda does in a retraining with the published data: 14,710 photographs, 400 MB. */
export const retrainingUse: Record<string, Use> = {
  "validate-input": once(1),
  "acquire-lock": once(1),
  "start-registry": once(180),
  "fetch-data": once(300),
  "find-dataset": once(1),
  "plan-dataset": once(60),
  "preprocess-shard": { seconds: 60, calls: 60 },
  "assemble-dataset": once(240),
  "start-training": once(10),
  "evaluate-model": once(300),
  "deploy-model": once(15),
  "publish-champion": once(15),
  "record-failure": { seconds: 0, calls: 0 },
  "release-lock": once(1),
  "trainer-stopped": once(1),
  "check-champion": once(30),
  "start-on-new-data": once(5),
};

/** What the Lambdas of one strategy alone do. */
export const strategyUse: Record<Strategy, Record<string, Use>> = {
  ecs: {},
  kaggle: {
    "upload-dataset": once(300),
    "push-kernel": once(10),
    "check-kernel": { seconds: 1, calls: 120 },
    "collect-training": once(120),
  },
  sagemaker: { "collect-training": once(120) },
};

/** Lambdas that no retraining calls: by requests, by the clock or at a deployment. Seconds of one call. */
export const callSeconds: Record<string, number> = {
  // 16 ms of processor time for MobileNetV2 (docs/benchmarks.md), reading a large photograph, and S3.
  predict: 0.1,
  // The gateway keeps its answer for an hour.
  "authorise-origin": 0,
  // Each of these starts cold.
  "stop-idle-registry": 3,
  "check-retraining": 3,
  "prepare-database": 0,
  // Only when someone has the API reload its model.
  "publish-champion": 0,
};

/** A retraining, by strategy. */
export const retraining: Record<Strategy, { trainingHours: number; otherHours: number; transitions: number }> = {
  ecs: { trainingHours: 1, otherHours: 0.5, transitions: 200 },
  // Two hours in the queue and on the GPU; each question to Kaggle passes three states.
  kaggle: { trainingHours: 2, otherHours: 0.5, transitions: 560 },
  sagemaker: { trainingHours: 1, otherHours: 0.5, transitions: 200 },
};
/** Requests of one retraining, whatever the strategy. */
export const retrainingRequests = { s3Writes: 1000, s3Reads: 3000, mlflow: 500 };
/** GB of logs that a retraining writes. */
export const retrainingLogs = 0.02;

/** GB of a bucket in use with the published data, by the last part of its name. Access logs are a few MB. */
export const bucketSizes: Record<string, number> = { raw: 0.8, data: 3.1, artifacts: 0.7, "access-logs": 0 };
/** GB of an image, packed, by its program. */
export const imageSizes: Record<string, number> = { predict: 0.4, mlflow: 0.5, trainer: 1.1, "gpu-trainer": 3.5 };
/** GB of the database, and of its changes that are kept for restoring it. */
export const databaseSize = { data: 1, changes: 1 };
/** RDS changes the master password once a week, and a database at zero starts for it. */
export const rotationsAMonth = hoursAMonth / (7 * 24);

/** GB of one prediction: what its log entries and metrics take, its answer, and a photograph of middling size. */
export const prediction = { logs: 2.2e-6, answer: 1e-6, photograph: 1e-3 };
/** Metrics of a stage in an hour with requests: four phases, two of the model's version, two reasons of rejected requests. */
export const metricsInUse = 8;
/** GB a month of refused connections that a public address logs, and of one call's log entries. */
export const logs = { rejectedTraffic: 0.2, call: 6e-7 };
