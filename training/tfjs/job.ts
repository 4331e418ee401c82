import { join } from "node:path";
import { type ModelSidecar, modelFiles } from "../../core/contracts/model.ts";
import type { TrainingResult } from "../../core/contracts/pipeline.ts";
import type { TrainingEvent, TrainingJob } from "../../core/contracts/training.ts";
import { openDataset } from "../../core/dataset/open.ts";
import { type ArtifactBucket, artifactPrefix } from "../../core/mlflow/artifacts.ts";
import type { MlflowClient } from "../../core/mlflow/client.ts";
import { flavourFolder, writeOnnxFlavour } from "../../core/mlflow/flavour.ts";
import { parseSidecar, readModelFolder } from "../../core/model/folder.ts";
import type { ObjectStore } from "../../core/storage.ts";
import { createEventReporter } from "./event-reporter.ts";
import { createMlflowReporter } from "./mlflow-reporter.ts";
import { combineReporters } from "./reporter.ts";
import { trainModel } from "./train-model.ts";

/** What a training in the pipeline works with. */
export interface JobClients {
  mlflow: MlflowClient;
  /** The data bucket. */
  data: ObjectStore;
  artifacts: ArtifactBucket;
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
  const folder = `${job.artifactUri.replace(/\/+$/, "")}/${flavourFolder}`;
  const prefix = artifactPrefix(artifacts.name, folder);
  const stored = await findStored(artifacts.store, prefix);
  const sidecar = stored ?? (await trainAndStore(job, prefix, clients, signal));
  signal.throwIfAborted();
  await mlflow.registry.ensureModel(input.modelName, "Days until a Hass avocado is over-ripe, from a photograph");
  const version = await mlflow.registry.ensureVersion({
    name: input.modelName,
    source: folder,
    runId,
    tags: { network: sidecar.network, "dataset.version": sidecar.datasetVersion },
  });
  await mlflow.runs.update(runId, "FINISHED");
  return { runId, modelVersion: version.version, metrics: sidecar.metrics, reused: stored !== undefined };
}

/** The sidecar of a model that an earlier attempt at this job stored whole: `MLmodel` is written last. */
async function findStored(store: ObjectStore, prefix: string): Promise<ModelSidecar | undefined> {
  if (!(await store.head(`${prefix}MLmodel`))) return undefined;
  const key = `${prefix}${modelFiles.sidecar}`;
  return parseSidecar(await store.read(key), key);
}

async function trainAndStore(
  { runId, input, artifactUri, datasetVersion }: TrainingJob,
  prefix: string,
  { mlflow, data, artifacts, cacheFolder, emit }: JobClients,
  signal: AbortSignal,
): Promise<ModelSidecar> {
  const dataset = await openDataset(data, datasetVersion);
  const { rows, photographs, labelled, censored, dropped } = dataset.summary;
  const counts = { rows, photographs, labelled, censored };
  const metrics = Object.entries(counts).map(([key, value]) => ({ key: `dataset_${key}`, value }));
  metrics.push(...Object.entries(dropped).map(([reason, value]) => ({ key: `dropped_${reason}`, value })));
  await mlflow.runs.log(runId, { metrics });

  const reporter = createMlflowReporter(
    mlflow.runs,
    runId,
    artifacts.store,
    artifactPrefix(artifacts.name, artifactUri),
  );
  const outFolder = join(cacheFolder, "models", runId);
  const { sidecar } = await trainModel({
    dataset,
    hyperparameters: input.hyperparameters,
    name: input.modelName,
    outFolder,
    cacheFolder: join(cacheFolder, "photographs"),
    reporter: combineReporters(createEventReporter(emit), reporter),
    signal,
  });
  await reporter.flush();
  const summary = { ...sidecar.metrics, export_max_difference_days: sidecar.exportMaxDifferenceDays };
  await mlflow.runs.log(runId, { metrics: Object.entries(summary).map(([key, value]) => ({ key, value })) });
  signal.throwIfAborted();
  await writeOnnxFlavour(artifacts.store, prefix, { ...(await readModelFolder(outFolder)), runId });
  return sidecar;
}
