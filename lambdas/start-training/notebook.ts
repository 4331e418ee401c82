import { kernelFiles } from "../../core/contracts/kaggle.ts";
import type { NotebookTraining, StartTrainingTask } from "../../core/contracts/pipeline.ts";
import { trainingKeys } from "../../core/contracts/training.ts";
import type { Run } from "../../core/mlflow/runs.ts";
import { notebookParameters, openHeadRun } from "../../core/notebook-run.ts";
import { notebookTags } from "../../core/run-tags.ts";
import type { ObjectStore } from "../../core/storage.ts";
import type { TrainingRunClients } from "../../core/training-run.ts";

/** What opening the notebook's run needs. */
export interface NotebookClients extends TrainingRunClients {
  /** The data bucket. */
  data: ObjectStore;
  /** What the notebook's backbone begins with: `imagenet` (default) or `none`. */
  weights?: string | undefined;
}

/** A training by the notebook. `trained`: an earlier execution left all its files, which were not collected yet. */
export interface OpenedNotebook {
  job: { headRunId: string; notebook: Record<string, string | number> };
  trained?: NotebookTraining;
}

/** Opens the run of the notebook's first phase and says what the notebook is given. */
export async function openNotebook(
  task: StartTrainingTask,
  { runId, ...run }: Run,
  { mlflow, data, weights = "imagenet" }: NotebookClients,
): Promise<OpenedNotebook> {
  const { runId: headRunId } = await openHeadRun(task, { runId, ...run }, mlflow);
  const job = { headRunId, notebook: notebookParameters(task, { runId, headRunId }, weights) };
  const rejected = run.tags[notebookTags(task.input.strategy).rejected] !== undefined;
  const last = `${trainingKeys.outputs(runId)}${kernelFiles.run}`;
  const trained = !rejected && (await data.head(last)) !== undefined;
  return { job, ...(trained && { trained: { runId, headRunId } }) };
}
