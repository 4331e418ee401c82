/** Custom metrics by name: what Lambdas tell CloudWatch, and alarms and dashboard read. Their namespace is the stage's. */
export const metricNames = {
  /** Milliseconds of one request's phase, of `POST /predict`. */
  latency: { parse: "parseLatency", fetch: "fetchLatency", decode: "decodeLatency", infer: "inferLatency" },
  /** Photographs answered, by dimension `modelVersion`. */
  predictions: "predictions",
  /** What was answered, in days, by dimension `modelVersion`. */
  estimatedDays: "estimatedDays",
  /** Requests that were rejected or failed, by dimension `reason`: the answer's `code`. */
  rejected: "rejected",
  /** An instance could not load the published champion and goes on with the model before. */
  modelReloadFailed: "modelReloadFailed",
  /** 1 when the API serves another version than the alias `champion` names, else 0. */
  staleChampion: "staleChampion",
  /** Days since a retraining last succeeded. */
  daysSinceRetraining: "daysSinceRetraining",
} as const;

/** Namespace of a stage's metrics. */
export function metricNamespace(stage: string): string {
  return `avocado/${stage}`;
}
