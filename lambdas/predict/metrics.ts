import type { Metrics } from "@aws-lambda-powertools/metrics";
import type { Observer } from "../../api/observer.ts";
import { metricNames } from "../../core/contracts/metrics.ts";

/** Reports predictions and rejections to CloudWatch, as lines of the log in the embedded metric format. */
export function reportTo(metrics: Metrics): Observer {
  const count = (name: string) => {
    metrics.addMetric(name, "Count", 1);
    metrics.publishStoredMetrics();
  };
  return {
    /** Latency by phase, then the predicted days by version of the model, of which CloudWatch makes a histogram. */
    predicted(latency, version, days) {
      // Each combination of dimensions is a metric that costs, so the phases are not told apart by version.
      for (const [phase, milliseconds] of latency) {
        metrics.addMetric(metricNames.latency[phase], "Milliseconds", milliseconds);
      }
      metrics.addMetadata("modelVersion", version);
      metrics.publishStoredMetrics();
      metrics.addDimension("modelVersion", version);
      metrics.addMetric(metricNames.predictions, "Count", days.length);
      for (const value of days) metrics.addMetric(metricNames.estimatedDays, "None", value);
      metrics.publishStoredMetrics();
    },
    rejected(code) {
      metrics.addDimension("reason", code);
      count(metricNames.rejected);
    },
    modelReloadFailed() {
      count(metricNames.modelReloadFailed);
    },
  };
}
