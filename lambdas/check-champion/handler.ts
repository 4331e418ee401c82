import { Metrics } from "@aws-lambda-powertools/metrics";
import { z } from "zod";
import { metricNames } from "../../core/contracts/metrics.ts";
import { readServedModel } from "../../core/serving/health.ts";
import { environment } from "../shared/env.ts";
import { mlflowEnvironment, mlflowFrom } from "../shared/mlflow.ts";
import { step } from "../shared/step.ts";
import { checkChampion } from "./logic.ts";

const env = environment(
  z.object({
    ...mlflowEnvironment,
    API_URL: z.url(),
    MODEL_NAME: z.string().min(1),
    /** So long after its alias was set a champion may not yet be served. */
    TIMEOUT_SECONDS: z.coerce.number().min(0),
  }),
);
const metrics = new Metrics();

/** Compares the alias `champion` with what the API serves, and tells CloudWatch. */
export const handler = step(z.unknown(), async () => {
  const { API_URL, MODEL_NAME, TIMEOUT_SECONDS } = env();
  const { registry } = mlflowFrom(env());
  const clients = {
    readChampion: async () => (await registry.getAlias(MODEL_NAME, "champion"))?.version,
    readServed: async () => (await readServedModel(API_URL)).version,
  };
  const check = await checkChampion(clients, TIMEOUT_SECONDS);
  metrics.addMetric(metricNames.staleChampion, "Count", check.stale ? 1 : 0);
  metrics.publishStoredMetrics();
  return check;
});
