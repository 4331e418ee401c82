import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { ECSClient } from "@aws-sdk/client-ecs";
import { z } from "zod";
import { EcsServerTask } from "../../../aws/server-task.ts";
import { createSignedFetch } from "../../../aws/signed-fetch.ts";
import { errorMessage, NotFoundError } from "../../../core/errors.ts";
import type { StartServerOptions } from "../../../core/mlflow/start-server.ts";
import { findRunningStack, stateFolder } from "../../../local/state.ts";
import { readOutputs } from "../stage/outputs.ts";

const registryOutputs = z.object({ TrackingUri: z.url(), MlflowCluster: z.string(), MlflowService: z.string() });

/**
 * How the MLflow server of a stage is reached and started, with the credentials of the environment.
 * @throws NotFoundError saying what to start, deploy or sign in to
 */
export async function connectServer(
  stage: string,
): Promise<Omit<StartServerOptions, "task"> & { task?: EcsServerTask }> {
  if (stage === "local") return { trackingUri: findRunningStack(stateFolder()).urls.mlflow, fetch };
  const client = new CloudFormationClient();
  const region = await client.config.region().catch(() => {
    throw new NotFoundError("No AWS region is set. Set AWS_REGION, or choose a profile with AWS_PROFILE.");
  });
  const outputs = await readOutputs(client, stage).catch((cause: unknown) => {
    throw new NotFoundError(`The stacks of stage '${stage}' cannot be read: ${errorMessage(cause)}.`, { cause });
  });
  const found = registryOutputs.safeParse(outputs);
  if (!found.success) {
    const deploy = `Deploy it with 'npx cdk deploy --all -c stage=${stage}'.`;
    throw new NotFoundError(`Stage '${stage}' has no MLflow server in ${region}. ${deploy}`);
  }
  const { TrackingUri: trackingUri, MlflowCluster, MlflowService } = found.data;
  const task = new EcsServerTask(new ECSClient({ region }), MlflowCluster, MlflowService);
  return { trackingUri, fetch: createSignedFetch({ region }), task };
}
