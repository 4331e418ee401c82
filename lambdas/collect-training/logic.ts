import { datasetKeys, datasetSummary } from "../../core/contracts/dataset.ts";
import {
  type CollectTrainingTask,
  type KernelRun,
  kernelFiles,
  kernelMetrics,
  kernelRun,
} from "../../core/contracts/kaggle.ts";
import { type ModelSidecar, modelFiles } from "../../core/contracts/model.ts";
import type { TrainingResult } from "../../core/contracts/pipeline.ts";
import { NotFoundError } from "../../core/errors.ts";
import { retry } from "../../core/http/retry.ts";
import { type ArtifactBucket, artifactPrefix } from "../../core/mlflow/artifacts.ts";
import type { MlflowClient } from "../../core/mlflow/client.ts";
import { writeOnnxFlavour } from "../../core/mlflow/flavour.ts";
import { datasetMetrics, findStoredModel, modelFolder, registerModel } from "../../core/mlflow/register-model.ts";
import type { Run } from "../../core/mlflow/runs.ts";
import { parseSidecar } from "../../core/model/folder.ts";
import { notebookTags } from "../../core/run-tags.ts";
import { type ObjectStore, readJson } from "../../core/storage.ts";
import { type KernelOutputs, parseOutput, UnusableOutputError } from "./outputs.ts";

export interface CollectTrainingClients {
  /** Files that the notebook left. */
  listOutputs(): Promise<KernelOutputs>;
  mlflow: MlflowClient;
  /** The data bucket. */
  data: ObjectStore;
  artifacts: ArtifactBucket;
  /** Milliseconds after which, at least, files that cannot be used are looked at once more. */
  secondLook: number;
}

/**
 * Takes what a notebook left into MLflow as if it had been trained here: parameters, the history of both phases, plots, and
 * the model as a registered version. Done again, it adds nothing twice.
 * @throws UnusableOutputError when something is missing or not what the notebook wrote; then it may run again
 */
export async function collectTraining(
  task: CollectTrainingTask,
  clients: CollectTrainingClients,
): Promise<TrainingResult> {
  const { mlflow, artifacts } = clients;
  const { runId, headRunId } = task.kernel;
  const run = await mlflow.runs.get(runId);
  if (!run) throw new NotFoundError(`MLflow has lost the run ${runId}: start the execution again`);
  const prefix = artifactPrefix(artifacts.name, modelFolder(run.artifactUri));
  const sidecar = (await findStoredModel(artifacts.store, prefix)) ?? (await importOutputs(task, run, prefix, clients));
  const modelVersion = await registerModel(mlflow, task.input.modelName, run, sidecar);
  await mlflow.runs.update(headRunId, "FINISHED");
  return { runId, modelVersion, metrics: sidecar.metrics, reused: false };
}

async function importOutputs(
  task: CollectTrainingTask,
  run: Run,
  prefix: string,
  clients: CollectTrainingClients,
): Promise<ModelSidecar> {
  try {
    // Hours on a GPU are worth a second look: a file may not be listed yet.
    const policy = { maxAttempts: 2, initialInterval: clients.secondLook, maxInterval: 2 * clients.secondLook };
    return await retry(() => importOnce(task, run, prefix, clients), policy, {
      shouldRetry: (error) => error instanceof UnusableOutputError,
    });
  } catch (error) {
    if (error instanceof UnusableOutputError) {
      await clients.mlflow.runs.setTag(run.runId, notebookTags(task.input.strategy).rejected, error.message);
    }
    throw error;
  }
}

async function importOnce(
  task: CollectTrainingTask,
  run: Run,
  prefix: string,
  clients: CollectTrainingClients,
): Promise<ModelSidecar> {
  const { artifacts } = clients;
  const outputs = await clients.listOutputs();
  const written = parseOutput(kernelFiles.run, await outputs.read(kernelFiles.run), (json) => kernelRun.parse(json));
  rejectOthers(written, task, outputs);
  const sidecar = parseSidecar(await outputs.readWhole(written, modelFiles.sidecar), modelFiles.sidecar);
  await importHistory(outputs, written, sidecar, task, clients);
  for (const name of Object.keys(written.files).filter((name) => name.endsWith(".png"))) {
    const plot = await outputs.readWhole(written, name);
    await artifacts.store.write(`${artifactPrefix(artifacts.name, run.artifactUri)}plots/${name}`, plot, "image/png");
  }
  const onnx = await outputs.readWhole(written, modelFiles.onnx);
  await writeOnnxFlavour(artifacts.store, prefix, { onnx, sidecar, runId: run.runId });
  return sidecar;
}

/** Another notebook may have been run under the kernel's name. */
function rejectOthers(
  { runId, headRunId, datasetVersion }: KernelRun,
  { kernel, dataset }: CollectTrainingTask,
  { name, again }: KernelOutputs,
): void {
  if (runId === kernel.runId && headRunId === kernel.headRunId && datasetVersion === dataset.version) return;
  throw new UnusableOutputError(
    `${kernelFiles.run} of ${name} is of run ${runId || "none"} on dataset ${datasetVersion}, not ` +
      `of run ${kernel.runId} on ${dataset.version}. ${again}`,
  );
}

async function importHistory(
  outputs: KernelOutputs,
  written: KernelRun,
  sidecar: ModelSidecar,
  { kernel, input, dataset }: CollectTrainingTask,
  { mlflow, data }: CollectTrainingClients,
): Promise<void> {
  const content = await outputs.readWhole(written, kernelFiles.metrics);
  const history = parseOutput(kernelFiles.metrics, content, (json) => kernelMetrics.parse(json));
  for (const { name, parameters } of written.phases) {
    const params = { ...input.hyperparameters, ...parameters, datasetVersion: dataset.version };
    const runId = name === "head" ? kernel.headRunId : kernel.runId;
    await mlflow.runs.log(runId, { params, metrics: history[name] });
  }
  const summary = await readJson(data, datasetKeys.summary(dataset.version), (value) => datasetSummary.parse(value));
  const results = { ...sidecar.metrics, export_max_difference_days: sidecar.exportMaxDifferenceDays };
  const points = Object.entries(results).map(([key, value]) => ({ key, value }));
  // With the same time, MLflow keeps a point that is logged again only once.
  const timestamp = Date.parse(sidecar.createdAt);
  const metrics = [...points, ...datasetMetrics(summary)].map((point) => ({ ...point, timestamp }));
  await mlflow.runs.log(kernel.runId, { metrics });
}
