import type { StartTrainingTask, TrainingResult } from "./contracts/pipeline.ts";
import type { MlflowClient } from "./mlflow/client.ts";
import { equals } from "./mlflow/filter.ts";
import type { ModelVersion } from "./mlflow/registry.ts";
import type { Run } from "./mlflow/runs.ts";
import { executionName, runTags } from "./run-tags.ts";
import { trainingKey } from "./training-key.ts";

/** What an execution wants trained. */
export type RequestedTraining = Pick<StartTrainingTask, "executionArn" | "input" | "dataset">;

export interface TrainingRunClients {
  mlflow: MlflowClient;
  /** `s3://` address below which experiments keep their artifacts. */
  artifactRoot: string;
  /** Is the execution still going on? */
  isRunning(executionArn: string): Promise<boolean>;
}

/** The run of a training. `result`: it had ended well before a later step failed, and need not be repeated. */
export interface OpenedRun {
  run: Run;
  result?: TrainingResult;
}

/** Takes up the unfinished training of the same input, or begins one (docs/adr/0001-resume-unfinished-training.md). */
export async function openTrainingRun(task: RequestedTraining, clients: TrainingRunClients): Promise<OpenedRun> {
  const { mlflow, artifactRoot } = clients;
  const { executionArn, input, dataset } = task;
  const experimentId = await mlflow.experiments.getOrCreate(input.experimentName, artifactRoot);
  const key = trainingKey(dataset.version, input);
  const earlier = await findUnfinished(experimentId, key, executionArn, clients);
  if (!earlier) return { run: await createRun(mlflow, experimentId, key, task) };
  const [trained] = await mlflow.registry.versionsOfRun(input.modelName, earlier.runId);
  await resumeRun(mlflow, earlier, executionArn, trained ? "FINISHED" : "RUNNING");
  return { run: earlier, ...(trained && { result: resultOf(earlier, trained) }) };
}

/** Makes a run this execution's and forgets how the one before it failed. */
export async function resumeRun(
  mlflow: MlflowClient,
  run: Run,
  executionArn: string,
  status: "RUNNING" | "FINISHED",
): Promise<void> {
  await mlflow.runs.setTag(run.runId, runTags.execution, executionArn);
  for (const tag of [runTags.failureError, runTags.failureReason]) {
    if (run.tags[tag] !== undefined) await mlflow.runs.deleteTag(run.runId, tag);
  }
  if (run.status !== status) await mlflow.runs.update(run.runId, status);
}

/** The newest run of this input that no execution has concluded and that no other execution is working on. */
async function findUnfinished(
  experimentId: string,
  key: string,
  executionArn: string,
  { mlflow, isRunning }: TrainingRunClients,
): Promise<Run | undefined> {
  const runs = await mlflow.runs.search([experimentId], equals(`tags.\`${runTags.trainingKey}\``, key));
  for (const run of runs.filter(({ tags }) => tags[runTags.outcome] !== "concluded")) {
    const owner = run.tags[runTags.execution];
    if (!owner || owner === executionArn || !(await isRunning(owner))) return run;
  }
  return undefined;
}

function createRun(mlflow: MlflowClient, experimentId: string, key: string, task: RequestedTraining): Promise<Run> {
  const { executionArn, input, dataset } = task;
  return mlflow.runs.create(experimentId, input.runName ?? executionName(executionArn), {
    [runTags.execution]: executionArn,
    [runTags.trainingKey]: key,
    [runTags.strategy]: input.strategy,
    [runTags.datasetVersion]: dataset.version,
    [runTags.network]: input.hyperparameters.cnn,
    ...(input.backbone && { [runTags.backbone]: input.backbone }),
  });
}

function resultOf({ runId, metrics }: Run, { version }: ModelVersion): TrainingResult {
  const finite = Object.entries(metrics).filter(([, value]) => Number.isFinite(value));
  return { runId, modelVersion: version, metrics: Object.fromEntries(finite), reused: true };
}
