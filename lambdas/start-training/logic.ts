import type { StartTrainingTask, TrainingResult } from "../../core/contracts/pipeline.ts";
import { type Launcher, type TrainingJob, trainingKeys } from "../../core/contracts/training.ts";
import type { MlflowClient } from "../../core/mlflow/client.ts";
import { equals } from "../../core/mlflow/filter.ts";
import type { ModelVersion } from "../../core/mlflow/registry.ts";
import type { Run } from "../../core/mlflow/runs.ts";
import { executionName, runTags } from "../../core/run-tags.ts";
import { type ObjectStore, writeJson } from "../../core/storage.ts";
import { trainingKey } from "../../core/training-key.ts";

export interface StartTrainingClients {
  mlflow: MlflowClient;
  /** The data bucket. */
  data: ObjectStore;
  /** `s3://` address below which experiments keep their artifacts. */
  artifactRoot: string;
  launcher: Launcher;
  /** Is the execution still going on? */
  isRunning(executionArn: string): Promise<boolean>;
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
  const { mlflow, data, launcher, artifactRoot } = clients;
  const { executionArn, input, dataset, taskToken } = task;
  const experimentId = await mlflow.experiments.getOrCreate(input.experimentName, artifactRoot);
  const key = trainingKey(dataset.version, input);
  const earlier = await findUnfinished(experimentId, key, task, clients);
  const [trained] = earlier ? await mlflow.registry.versionsOfRun(input.modelName, earlier.runId) : [];
  if (earlier && trained) {
    await takeUp(mlflow, earlier, executionArn, "FINISHED");
    await clients.succeed(taskToken, resultOf(earlier, trained));
    return { runId: earlier.runId, launched: false };
  }
  const run = earlier ?? (await createRun(mlflow, experimentId, key, task));
  if (earlier) await takeUp(mlflow, earlier, executionArn, "RUNNING");
  const job: TrainingJob = {
    runId: run.runId,
    experimentId,
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

/** The newest run of this input that no execution has concluded and that no other execution is working on. */
async function findUnfinished(
  experimentId: string,
  key: string,
  { executionArn }: StartTrainingTask,
  { mlflow, isRunning }: StartTrainingClients,
): Promise<Run | undefined> {
  const runs = await mlflow.runs.search([experimentId], equals(`tags.\`${runTags.trainingKey}\``, key));
  for (const run of runs.filter(({ tags }) => tags[runTags.outcome] !== "concluded")) {
    const owner = run.tags[runTags.execution];
    if (!owner || owner === executionArn || !(await isRunning(owner))) return run;
  }
  return undefined;
}

function createRun(mlflow: MlflowClient, experimentId: string, key: string, task: StartTrainingTask): Promise<Run> {
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

/** Makes a run this execution's and forgets how the one before it failed. */
async function takeUp(mlflow: MlflowClient, run: Run, executionArn: string, status: "RUNNING" | "FINISHED") {
  await mlflow.runs.setTag(run.runId, runTags.execution, executionArn);
  for (const tag of [runTags.failureError, runTags.failureReason]) {
    if (run.tags[tag] !== undefined) await mlflow.runs.deleteTag(run.runId, tag);
  }
  if (run.status !== status) await mlflow.runs.update(run.runId, status);
}

function resultOf({ runId, metrics }: Run, { version }: ModelVersion): TrainingResult {
  const finite = Object.entries(metrics).filter(([, value]) => Number.isFinite(value));
  return { runId, modelVersion: version, metrics: Object.fromEntries(finite), reused: true };
}
