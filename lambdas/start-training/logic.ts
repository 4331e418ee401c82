import type { NotebookTraining, StartTrainingTask, TrainingResult } from "../../core/contracts/pipeline.ts";
import { type Launcher, type TrainingJob, trainingKeys } from "../../core/contracts/training.ts";
import { writeJson } from "../../core/storage.ts";
import { openTrainingRun } from "../../core/training-run.ts";
import { type NotebookClients, openNotebook } from "./notebook.ts";

export interface StartTrainingClients extends NotebookClients {
  launcher: Launcher;
  /** Answers the state machine. */
  succeed(taskToken: string, result: TrainingResult | NotebookTraining): Promise<void>;
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
  const notebook = input.strategy === "sagemaker" ? await openNotebook(task, run, clients) : undefined;
  const trained = result ?? notebook?.trained;
  if (trained) {
    if (result && notebook) await clients.mlflow.runs.update(notebook.job.headRunId, "FINISHED");
    await clients.succeed(taskToken, trained);
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
    ...notebook?.job,
  };
  const jobKey = trainingKeys.job(run.runId);
  await writeJson(data, jobKey, job);
  await launcher.launch({ runId: run.runId, jobKey, datasetVersion: dataset.version }, executionArn);
  return { runId: run.runId, launched: true };
}
