import type { ChampionManifest } from "../../core/contracts/model.ts";
import type { Deployment } from "../../core/contracts/pipeline.ts";
import { errorMessage } from "../../core/errors.ts";
import type { ArtifactBucket } from "../../core/mlflow/artifacts.ts";
import type { MlflowClient } from "../../core/mlflow/client.ts";
import { publishChampion } from "../../core/publish-champion.ts";
import { concludeRuns } from "../../core/run-tags.ts";

export interface DeployModelClients {
  mlflow: MlflowClient;
  artifacts: ArtifactBucket;
  /** Has the API take up the manifest. Says what it serves now. @throws when it cannot be asked or serves another model */
  reload(manifest: ChampionManifest): Promise<string>;
}

/**
 * Publishes the champion, then has the API reload. An API that cannot be asked is no failure: its instances look at the
 * manifest themselves. Ends by concluding the execution's runs.
 * @throws NotFoundError, InvalidModelError
 */
export async function deployModel(
  { executionArn, modelName }: { executionArn: string; modelName: string },
  { mlflow, artifacts, reload }: DeployModelClients,
): Promise<Deployment> {
  const manifest = await publishChampion(modelName, { mlflow, artifacts });
  const { version, runId, sha256 } = manifest;
  const serving = await reload(manifest).catch(
    (error: unknown) =>
      `The API could not be asked to reload (${errorMessage(error)}); it takes version ${version} up by itself, within 30 s of its next request.`,
  );
  await concludeRuns(mlflow, executionArn);
  return { version, runId, sha256, serving };
}
