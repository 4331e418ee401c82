import type { StageConfig } from "../config.ts";
import type { NodeFunction } from "./node-function.ts";
import type { PredictApi } from "./predict-api.ts";
import type { PrivateBucket } from "./private-bucket.ts";
import type { Registry } from "./registry.ts";
import type { SageMakerTrainer } from "./sagemaker-trainer.ts";
import type { TrainerTask } from "./trainer-task.ts";
import type { TrainingQueue } from "./training-queue.ts";

/** What the steps of a stage work with. */
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

/** Prefixes of a bucket that a step may read and write; `read: []` is the whole bucket. */
interface Access {
  read?: readonly string[];
  write?: readonly [string, ...string[]];
}

/** The Lambda of one task of the state machine, and everything that it may do. */
export interface Step {
  description: string;
  minutes: number;
  /** Megabytes. */
  memory: number;
  environment?: Record<string, string>;
  raw?: Access;
  data?: Access;
  artifacts?: Access;
  /** Name of a secret that it may read. */
  secret?: string | undefined;
  /** Whether it may call MLflow. */
  callsRegistry?: boolean;
  /** Whether it may ask if an execution of the state machine goes on. */
  describesExecutions?: boolean;
  /** Rights that no other step has. */
  allow?: (step: NodeFunction) => void;
}

/** Steps by their folder under `lambdas/`. */
export type Steps = Record<string, Step>;
