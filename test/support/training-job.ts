import { inject } from "vitest";
import { type TrainingJob, trainingKeys } from "../../core/contracts/training.ts";
import { writeJson } from "../../core/storage.ts";
import type { Sandbox } from "./pipeline.ts";
import { tinyVersion } from "./tiny-dataset.ts";
import { startWaitingTask } from "./waiting-task.ts";

/** A job of its own run, as `start-training` writes it, and a task that waits for its result. */
export async function createJob(
  { mlflow, input, data, artifactRoot }: Sandbox,
  changes: { epochs?: number; datasetVersion?: string; input?: Partial<TrainingJob["input"]> } = {},
) {
  const task = await startWaitingTask(inject("services").aws);
  const experimentId = await mlflow.experiments.getOrCreate(input.experimentName, artifactRoot);
  const { runId, artifactUri } = await mlflow.runs.create(experimentId, "trainer", {});
  const hyperparameters = { ...input.hyperparameters, epochs: changes.epochs ?? 2, batchSize: 8 };
  const job: TrainingJob = {
    runId,
    experimentId,
    artifactUri,
    executionArn: task.executionArn,
    taskToken: task.taskToken,
    datasetVersion: changes.datasetVersion ?? tinyVersion,
    input: { ...input, hyperparameters, ...changes.input },
  };
  await writeJson(data, trainingKeys.job(runId), job);
  return { job, task };
}
