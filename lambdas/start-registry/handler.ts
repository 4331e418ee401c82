import { ECSClient } from "@aws-sdk/client-ecs";
import { z } from "zod";
import { EcsServerTask } from "../../aws/server-task.ts";
import { fetchWith } from "../../aws/signed-fetch.ts";
import { startRegistryTask } from "../../core/contracts/pipeline.ts";
import { startTrackingServer } from "../../core/mlflow/start-server.ts";
import { environment } from "../shared/env.ts";
import { mlflowEnvironment } from "../shared/mlflow.ts";
import { step } from "../shared/step.ts";

const env = environment(
  z.object({ ...mlflowEnvironment, MLFLOW_CLUSTER: z.string().optional(), MLFLOW_SERVICE: z.string().optional() }),
);
const ecs = new ECSClient();

/** Starts MLflow where it is scaled to zero, and waits until it answers. */
export const handler = step(startRegistryTask, () => {
  const { MLFLOW_TRACKING_URI: trackingUri, MLFLOW_AUTH, AWS_REGION, MLFLOW_CLUSTER, MLFLOW_SERVICE } = env();
  return startTrackingServer({
    trackingUri,
    fetch: fetchWith(MLFLOW_AUTH, AWS_REGION),
    ...(MLFLOW_CLUSTER && MLFLOW_SERVICE && { task: new EcsServerTask(ecs, MLFLOW_CLUSTER, MLFLOW_SERVICE) }),
  });
});
