import { z } from "zod";
import { validatedInput } from "./execution.ts";
import { trainingResult } from "./pipeline.ts";

/**
 * `training/<run>/job.json` in the data bucket: all a trainer needs to know. It is also the mailbox for the task token: a
 * redriven execution writes its new token here, and the trainer that is still running takes it up.
 */
export const trainingJob = z.object({
  runId: z.string(),
  experimentId: z.string(),
  /** `s3://` address of the run's artifacts. */
  artifactUri: z.string(),
  executionArn: z.string(),
  taskToken: z.string(),
  datasetVersion: z.string(),
  input: validatedInput,
  /** Only where the trainer runs the notebook: MLflow run of its first phase, and its parameters. */
  headRunId: z.string().optional(),
  notebook: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
});
export type TrainingJob = z.infer<typeof trainingJob>;

export const trainingKeys = {
  job: (runId: string) => `training/${runId}/job.json`,
  /** Archives that SageMaker makes of what a job leaves on its disk. */
  archives: (runId: string) => `training/${runId}/archives/`,
  /** Files that the notebook leaves. */
  outputs: (runId: string) => `training/${runId}/outputs/`,
};

/** Name of the error of a training that was cut short through no fault of its own; the state machine repeats it. */
export const interrupted = "TrainerInterrupted";

/** What a launcher is told: the trainer reads the rest from the job. */
export const launchMessage = z.object({ runId: z.string(), jobKey: z.string(), datasetVersion: z.string() });
export type LaunchMessage = z.infer<typeof launchMessage>;

/**
 * Starts a trainer somewhere: an ECS task, a SageMaker training job, or the worker of a local stack.
 * Idempotent by run and execution: a trainer of the run that works is left to it. One that has ended, or is ending after it has failed, counts as none.
 */
export interface Launcher {
  launch(message: LaunchMessage, executionArn: string): Promise<void>;
}

/** One finished epoch. Losses and errors in days. */
const epochReport = z.object({
  phase: z.string(),
  /** Counted from 1, within the phase. */
  epoch: z.int(),
  epochs: z.int(),
  trainLoss: z.number(),
  valLoss: z.number(),
  valMae: z.number(),
  learningRate: z.number(),
  seconds: z.number(),
  /** At most, over all phases: training may stop early. */
  secondsLeft: z.number(),
});
export type EpochReport = z.infer<typeof epochReport>;

/** A moment within an epoch. */
const batchReport = z.object({
  phase: z.string(),
  epoch: z.int(),
  epochs: z.int(),
  /** Photographs seen in this epoch, and in all of it. */
  done: z.int(),
  total: z.int(),
  /** Of this phase, at most. */
  secondsLeft: z.number(),
});
export type BatchReport = z.infer<typeof batchReport>;

/** What a trainer prints while it works: one of these as JSON on each line of its standard output. */
export const trainingEvent = z.discriminatedUnion("event", [
  /** Shards of photographs unpacked before the training. */
  z.object({ event: z.literal("prepare"), done: z.int(), total: z.int() }),
  z.object({ event: z.literal("start"), params: z.record(z.string(), z.union([z.string(), z.number()])) }),
  batchReport.extend({ event: z.literal("batch") }),
  epochReport.extend({ event: z.literal("epoch") }),
  z.object({ event: z.literal("finished"), result: trainingResult }),
  z.object({ event: z.literal("failed"), error: z.string(), reason: z.string() }),
  /** Something that people should know and that ends nothing. */
  z.object({ event: z.literal("warning"), message: z.string() }),
]);
export type TrainingEvent = z.infer<typeof trainingEvent>;
