import { join } from "node:path";
import type { ModelSidecar } from "../../core/contracts/model.ts";
import type { TrainingResult } from "../../core/contracts/pipeline.ts";
import type { TrainingEvent, TrainingJob } from "../../core/contracts/training.ts";
import { openDataset } from "../../core/dataset/open.ts";
import { type ArtifactBucket, artifactPrefix } from "../../core/mlflow/artifacts.ts";
import type { MlflowClient } from "../../core/mlflow/client.ts";
import { writeOnnxFlavour } from "../../core/mlflow/flavour.ts";
import { datasetMetrics, findStoredModel, modelFolder, registerModel } from "../../core/mlflow/register-model.ts";
import { readModelFolder } from "../../core/model/folder.ts";
import type { ObjectStore } from "../../core/storage.ts";
import { createEventReporter } from "./event-reporter.ts";
import { createMlflowReporter } from "./mlflow-reporter.ts";
import { networkNamed } from "./networks.ts";
import { createPhaseRuns } from "./phase-runs.ts";
import { combineReporters } from "./reporter.ts";
import { trainModel } from "./train-model.ts";

/** What a training in the pipeline works with. */
export interface JobClients {
  mlflow: MlflowClient;
  /** The data bucket. */
  data: ObjectStore;
  artifacts: ArtifactBucket;
  /** Any bucket: a backbone may lie elsewhere. */
  openBucket?: (bucket: string) => ObjectStore;
  /** Folder for unpacked photographs and the model in the making. */
  cacheFolder: string;
  emit: (event: TrainingEvent) => void;
}

/**
 * Trains what the job asks for and registers it as a model version, logging to the job's run. Done again, it takes up
 * what is finished: a version is not registered twice, a model that was stored is not trained again.
 */
export async function runJob(job: TrainingJob, clients: JobClients, signal: AbortSignal): Promise<TrainingResult> {
  const { mlflow, artifacts } = clients;
  const { runId, input } = job;
  const prefix = artifactPrefix(artifacts.name, modelFolder(job.artifactUri));
  const stored = await findStoredModel(artifacts.store, prefix);
  const sidecar = stored ?? (await trainAndStore(job, prefix, clients, signal));
  signal.throwIfAborted();
  const modelVersion = await registerModel(mlflow, input.modelName, job, sidecar);
  return { runId, modelVersion, metrics: sidecar.metrics, reused: stored !== undefined };
}

async function trainAndStore(
  job: TrainingJob,
  prefix: string,
  { mlflow, data, artifacts, openBucket, cacheFolder, emit }: JobClients,
  signal: AbortSignal,
): Promise<ModelSidecar> {
  const { runId, input, artifactUri, datasetVersion } = job;
  const dataset = await openDataset(data, datasetVersion);
  await mlflow.runs.log(runId, { metrics: datasetMetrics(dataset.summary) });

  const severalPhases = networkNamed(input.hyperparameters.cnn).phases(input.hyperparameters).length > 1;
  const phaseRuns = severalPhases ? createPhaseRuns(mlflow.runs, job) : undefined;
  const reporter = createMlflowReporter(
    mlflow.runs,
    runId,
    artifacts.store,
    artifactPrefix(artifacts.name, artifactUri),
    phaseRuns && ((phase) => phaseRuns.open(phase)),
  );
  const outFolder = join(cacheFolder, "models", runId);
  const { sidecar } = await trainModel({
    dataset,
    hyperparameters: input.hyperparameters,
    name: input.modelName,
    outFolder,
    cacheFolder: join(cacheFolder, "photographs"),
    backbone: input.backbone,
    ...(openBucket && { openBucket }),
    reporter: combineReporters(createEventReporter(emit), reporter),
    signal,
  });
  await reporter.flush();
  const summary = { ...sidecar.metrics, export_max_difference_days: sidecar.exportMaxDifferenceDays };
  await mlflow.runs.log(runId, { metrics: Object.entries(summary).map(([key, value]) => ({ key, value })) });
  await phaseRuns?.conclude(sidecar.phase);
  signal.throwIfAborted();
  await writeOnnxFlavour(artifacts.store, prefix, { ...(await readModelFolder(outFolder)), runId });
  return sidecar;
}
