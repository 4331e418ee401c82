import { z } from "zod";
import { authorisation, fetchWith } from "../../aws/signed-fetch.ts";
import { createMlflowClient, type MlflowClient } from "../../core/mlflow/client.ts";
import type { MlflowOptions } from "../../core/mlflow/http.ts";

/** The part of an environment that says where MLflow is. */
export const mlflowEnvironment = {
  MLFLOW_TRACKING_URI: z.url(),
  MLFLOW_AUTH: authorisation,
  /** Lambda sets it. */
  AWS_REGION: z.string().min(1),
};

/** The MLflow client that the environment asks for, with other timeouts where a step has less time than most. */
export function mlflowFrom(
  env: z.infer<z.ZodObject<typeof mlflowEnvironment>>,
  timeouts: Pick<MlflowOptions, "attempts" | "maxWait" | "timeout"> = {},
): MlflowClient {
  return createMlflowClient({
    ...timeouts,
    trackingUri: env.MLFLOW_TRACKING_URI,
    fetch: fetchWith(env.MLFLOW_AUTH, env.AWS_REGION),
  });
}
