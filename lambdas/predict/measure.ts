import type { Metrics } from "@aws-lambda-powertools/metrics";
import { metricNames } from "../../core/contracts/metrics.ts";
import type { Span } from "./trace.ts";

export type Phase = keyof typeof metricNames.latency;

/** What one request took and came to, handed to CloudWatch and X-Ray when it ends. */
export class RequestMetrics {
  /** Every phase, for the request's trace. */
  readonly spans: Span[] = [];
  private readonly longest = new Map<Phase, number>();
  private readonly metrics: Metrics | undefined;

  constructor(metrics?: Metrics) {
    this.metrics = metrics;
  }

  /** Times a phase. Of several at once, as photographs are decoded, the longest counts. */
  async time<T>(phase: Phase, run: () => Promise<T> | T): Promise<T> {
    const start = Date.now() / 1000;
    const started = performance.now();
    try {
      return await run();
    } finally {
      const milliseconds = performance.now() - started;
      this.spans.push({ name: phase, start, end: start + milliseconds / 1000 });
      this.longest.set(phase, Math.max(milliseconds, this.longest.get(phase) ?? 0));
    }
  }

  /** An answer: latency by phase, then the predicted days by version of the model, of which CloudWatch makes a histogram. */
  recordPrediction(version: string, days: readonly number[]): void {
    const metrics = this.metrics;
    if (!metrics) return;
    // Each combination of dimensions is a metric that costs, so the phases are not told apart by version.
    for (const [phase, milliseconds] of this.longest) {
      metrics.addMetric(metricNames.latency[phase], "Milliseconds", milliseconds);
    }
    metrics.addMetadata("modelVersion", version);
    metrics.publishStoredMetrics();
    metrics.addDimension("modelVersion", version);
    metrics.addMetric(metricNames.predictions, "Count", days.length);
    for (const value of days) metrics.addMetric(metricNames.estimatedDays, "None", value);
    metrics.publishStoredMetrics();
  }

  /** A rejection, by its reason. */
  rejected(reason: string): void {
    this.metrics?.addDimension("reason", reason);
    this.count(metricNames.rejected);
  }

  /** The published champion could not be loaded. */
  modelReloadFailed(): void {
    this.count(metricNames.modelReloadFailed);
  }

  private count(name: string): void {
    this.metrics?.addMetric(name, "Count", 1);
    this.metrics?.publishStoredMetrics();
  }
}
