import { z } from "zod";
import { createSignedFetch } from "../../aws/signed-fetch.ts";
import type { Fetch } from "../../core/http/request.ts";
import { createMlflowClient, type MlflowClient } from "../../core/mlflow/client.ts";
import type { MlflowOptions } from "../../core/mlflow/http.ts";

/** How requests to a server of ours are authorised: not at all, or signed with the Lambda's own role. */
export const authorisation = z.enum(["none", "sigv4"]).default("none");

/** The part of an environment that says where MLflow is. */
export const mlflowEnvironment = {
  MLFLOW_TRACKING_URI: z.url(),
  MLFLOW_AUTH: authorisation,
  /** Lambda sets it. */
  AWS_REGION: z.string().min(1),
};

/** The `fetch` for a server of ours. */
export function fetchWith(auth: z.infer<typeof authorisation>, region: string): Fetch {
  return auth === "sigv4" ? createSignedFetch({ region }) : fetch;
}

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
