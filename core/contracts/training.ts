import { z } from "zod";
import { validatedInput } from "./execution.ts";

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
});
export type TrainingJob = z.infer<typeof trainingJob>;

export const trainingKeys = {
  job: (runId: string) => `training/${runId}/job.json`,
};

/** What a launcher is told: the trainer reads the rest from the job. */
export const launchMessage = z.object({ runId: z.string(), jobKey: z.string() });
export type LaunchMessage = z.infer<typeof launchMessage>;

/** Starts a trainer somewhere: an ECS task, or the worker beside a local stack. Idempotent by run and execution. */
export interface Launcher {
  launch(message: LaunchMessage, executionArn: string): Promise<void>;
}
