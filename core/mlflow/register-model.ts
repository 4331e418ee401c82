import type { DatasetSummary } from "../contracts/dataset.ts";
import { type ModelSidecar, modelFiles } from "../contracts/model.ts";
import { parseSidecar } from "../model/folder.ts";
import type { ObjectStore } from "../storage.ts";
import type { MlflowClient } from "./client.ts";
import { flavourFolder } from "./flavour.ts";
import type { MetricPoint } from "./runs.ts";

/** `s3://` address of the folder with a run's model. */
export function modelFolder(artifactUri: string): string {
  return `${artifactUri.replace(/\/+$/, "")}/${flavourFolder}`;
}

/** The sidecar of a model that an earlier attempt stored whole below this prefix: `MLmodel` is written last. */
export async function findStoredModel(store: ObjectStore, prefix: string): Promise<ModelSidecar | undefined> {
  if (!(await store.head(`${prefix}MLmodel`))) return undefined;
  const key = `${prefix}${modelFiles.sidecar}`;
  return parseSidecar(await store.read(key), key);
}

/**
 * Registers the model that a run has stored, once, and ends the run.
 * @returns the version
 */
export async function registerModel(
  mlflow: MlflowClient,
  name: string,
  run: { runId: string; artifactUri: string },
  sidecar: ModelSidecar,
): Promise<string> {
  await mlflow.registry.ensureModel(name, "Days until a Hass avocado is over-ripe, from a photograph");
  const { version } = await mlflow.registry.ensureVersion({
    name,
    source: modelFolder(run.artifactUri),
    runId: run.runId,
    tags: { network: sidecar.network, "dataset.version": sidecar.datasetVersion },
  });
  await mlflow.runs.update(run.runId, "FINISHED");
  return version;
}

/** What a run tells of the dataset that it learnt from: how much there was, and what was left out by reason. */
export function datasetMetrics({ rows, photographs, labelled, censored, dropped }: DatasetSummary): MetricPoint[] {
  const counts = Object.entries({ rows, photographs, labelled, censored });
  return [
    ...counts.map(([key, value]) => ({ key: `dataset_${key}`, value })),
    ...Object.entries(dropped).map(([reason, value]) => ({ key: `dropped_${reason}`, value })),
  ];
}
