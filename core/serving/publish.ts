import type { ChampionManifest, ModelSidecar } from "../contracts/model.ts";
import type { Deployment } from "../contracts/pipeline.ts";
import { errorMessage, NotFoundError } from "../errors.ts";
import { type ArtifactBucket, readModelVersion } from "../mlflow/artifacts.ts";
import type { MlflowClient } from "../mlflow/client.ts";
import { loadVerifiedModel } from "../model/onnx-model.ts";
import { buildManifest, writeChampion } from "./manifest.ts";

export interface PublishClients {
  mlflow: MlflowClient;
  artifacts: ArtifactBucket;
  /** Has the API load what the manifest names. Says what it serves now. @throws when it cannot be asked or serves another model */
  reload(manifest: ChampionManifest): Promise<string>;
}

/**
 * Publishes the champion, then has the API reload. An API that cannot be asked is not a failure: its instances look at the
 * manifest themselves.
 * @throws NotFoundError, InvalidModelError
 */
export async function publishChampion(modelName: string, clients: PublishClients): Promise<Deployment> {
  const manifest = await publishManifest(modelName, clients);
  const { version, runId, sha256 } = manifest;
  const serving = await clients
    .reload(manifest)
    .catch(
      (error: unknown) =>
        `The API could not be asked to reload (${errorMessage(error)}); it takes version ${version} up by itself, within 30 s of its next request.`,
    );
  return { version, runId, sha256, serving };
}

/**
 * Publishes what the alias `champion` names in MLflow: the graph under its hash, then the manifest that names it. A model that
 * does not answer is not published.
 * @throws NotFoundError, InvalidModelError
 */
export async function publishManifest(
  modelName: string,
  { mlflow, artifacts }: Pick<PublishClients, "mlflow" | "artifacts">,
): Promise<ChampionManifest> {
  const champion = await mlflow.registry.getAlias(modelName, "champion");
  if (!champion) {
    throw new NotFoundError(
      `${modelName} has no champion to deploy: choose one with the command 'champion promote', or retrain`,
    );
  }
  const { onnx, sidecar } = await readModelVersion(artifacts, champion);
  await (await loadVerifiedModel(onnx)).release();
  const manifest = buildManifest(onnx, {
    modelName,
    version: champion.version,
    runId: champion.runId,
    datasetVersion: sidecar.datasetVersion,
    metrics: await metricsOf(mlflow, champion.runId, sidecar),
    createdAt: sidecar.createdAt,
  });
  await writeChampion(artifacts.store, onnx, manifest);
  return manifest;
}

/** The model's own metrics and those of its test, without the champion's before it. */
async function metricsOf(mlflow: MlflowClient, runId: string, sidecar: ModelSidecar): Promise<Record<string, number>> {
  const logged = Object.entries((await mlflow.runs.get(runId))?.metrics ?? {});
  const test = logged.filter(([key, value]) => key.startsWith("test_") && Number.isFinite(value));
  return { ...sidecar.metrics, ...Object.fromEntries(test) };
}
