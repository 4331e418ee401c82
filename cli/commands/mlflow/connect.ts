import { ECSClient } from "@aws-sdk/client-ecs";
import { z } from "zod";
import { EcsServerTask } from "../../../aws/server-task.ts";
import { createSignedFetch } from "../../../aws/signed-fetch.ts";
import { findOutputs } from "../../../aws/stage-outputs.ts";
import { NotFoundError } from "../../../core/errors.ts";
import type { StartServerOptions } from "../../../core/mlflow/start-server.ts";
import { findRunningStack } from "../../../local/state.ts";

const registryOutputs = z.object({ TrackingUri: z.url(), MlflowCluster: z.string(), MlflowService: z.string() });

/**
 * How the MLflow server of a stage is reached and started, with the credentials of the environment.
 * @throws NotFoundError saying what to start, deploy or sign in to
 */
export async function connectServer(
  stage: string,
): Promise<Omit<StartServerOptions, "task"> & { task?: EcsServerTask }> {
  if (stage === "local") return { trackingUri: findRunningStack().urls.mlflow, fetch };
  const { region, outputs } = await findOutputs(stage);
  const found = registryOutputs.safeParse(outputs);
  if (!found.success) {
    const deploy = `Deploy it with 'npx cdk deploy --all -c stage=${stage}'.`;
    throw new NotFoundError(`Stage '${stage}' has no MLflow server in ${region}. ${deploy}`);
  }
  const { TrackingUri: trackingUri, MlflowCluster, MlflowService } = found.data;
  const task = new EcsServerTask(new ECSClient({ region }), MlflowCluster, MlflowService);
  return { trackingUri, fetch: createSignedFetch({ region }), task };
}
