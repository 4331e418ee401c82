import type { NotebookTraining } from "./contracts/pipeline.ts";
import type { MlflowClient } from "./mlflow/client.ts";
import { equals } from "./mlflow/filter.ts";
import type { Run } from "./mlflow/runs.ts";
import { notebookTags, runTags } from "./run-tags.ts";
import { type RequestedTraining, resumeRun } from "./training-run.ts";

/** The run of the notebook's first phase: a child of the second's. An earlier one of the same training is resumed. */
export async function openHeadRun(
  { executionArn, dataset, input }: RequestedTraining,
  run: Run,
  mlflow: MlflowClient,
): Promise<Run> {
  const { phase } = notebookTags(input.strategy);
  const ofRun = [equals("tags.`mlflow.parentRunId`", run.runId), equals(`tags.\`${phase}\``, "head")];
  const [earlier] = await mlflow.runs.search([run.experimentId], ofRun.join(" and "));
  if (earlier) {
    await resumeRun(mlflow, earlier, executionArn, "RUNNING");
    return earlier;
  }
  await mlflow.runs.setTag(run.runId, phase, "finetune");
  return mlflow.runs.create(run.experimentId, `${run.runName} head`, {
    "mlflow.parentRunId": run.runId,
    [phase]: "head",
    [runTags.execution]: executionArn,
    [runTags.strategy]: input.strategy,
    [runTags.datasetVersion]: dataset.version,
    [runTags.network]: input.hyperparameters.cnn,
  });
}

/** Parameters of the notebook for a training. `weights`: what the backbone begins with, `imagenet` or `none`. */
export function notebookParameters(
  { input, dataset }: Pick<RequestedTraining, "input" | "dataset">,
  { runId, headRunId }: NotebookTraining,
  weights: string,
): Record<string, string | number> {
  const { cnn, learningRate, batchSize, epochs, optimizer, finetuneDepth, seed } = input.hyperparameters;
  return {
    run_id: runId,
    head_run_id: headRunId,
    model_name: input.modelName,
    dataset_version: dataset.version,
    cnn,
    weights,
    learning_rate: learningRate,
    batch_size: batchSize,
    epochs,
    optimizer,
    finetune_depth: finetuneDepth,
    seed,
  };
}
