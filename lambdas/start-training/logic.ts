import type { StartTrainingTask, TrainingResult } from "../../core/contracts/pipeline.ts";
import { type Launcher, type TrainingJob, trainingKeys } from "../../core/contracts/training.ts";
import { type ObjectStore, writeJson } from "../../core/storage.ts";
import { openTrainingRun, type TrainingRunClients } from "../../core/training-run.ts";

export interface StartTrainingClients extends TrainingRunClients {
  /** The data bucket. */
  data: ObjectStore;
  launcher: Launcher;
  /** Answers the state machine. */
  succeed(taskToken: string, result: TrainingResult): Promise<void>;
}

/**
 * Takes up the unfinished training of the same input, or begins one. A training that had ended well, before a later step
 * failed, is not repeated: its result is answered at once.
 */
export async function startTraining(
  task: StartTrainingTask,
  clients: StartTrainingClients,
): Promise<{ runId: string; launched: boolean }> {
  const { data, launcher } = clients;
  const { executionArn, input, dataset, taskToken } = task;
  const { run, result } = await openTrainingRun(task, clients);
  if (result) {
    await clients.succeed(taskToken, result);
    return { runId: run.runId, launched: false };
  }
  const job: TrainingJob = {
    runId: run.runId,
    experimentId: run.experimentId,
    artifactUri: run.artifactUri,
    executionArn,
    taskToken,
    datasetVersion: dataset.version,
    input,
  };
  const jobKey = trainingKeys.job(run.runId);
  await writeJson(data, jobKey, job);
  await launcher.launch({ runId: run.runId, jobKey }, executionArn);
  return { runId: run.runId, launched: true };
}
