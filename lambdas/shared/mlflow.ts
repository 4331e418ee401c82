import { z } from "zod";
import { createSignedFetch } from "../../aws/signed-fetch.ts";
import { createMlflowClient, type MlflowClient } from "../../core/mlflow/client.ts";
import type { Fetch } from "../../core/mlflow/http.ts";

/** How requests to a server of ours are authorised: not at all, or signed with the Lambda's own role. */
export const authorisation = z.enum(["none", "sigv4"]).default("none");

/** The part of an environment that says where MLflow is. */
export const mlflowEnvironment = {
  MLFLOW_TRACKING_URI: z.url(),
  MLFLOW_AUTH: authorisation,
};

/** The `fetch` for a server of ours. */
export function fetchWith(auth: z.infer<typeof authorisation>): Fetch {
  return auth === "sigv4" ? createSignedFetch() : fetch;
}

/** The MLflow client that the environment asks for. */
export function mlflowFrom(env: {
  MLFLOW_TRACKING_URI: string;
  MLFLOW_AUTH: z.infer<typeof authorisation>;
}): MlflowClient {
  return createMlflowClient({ trackingUri: env.MLFLOW_TRACKING_URI, fetch: fetchWith(env.MLFLOW_AUTH) });
}
