import type { Metrics } from "@aws-lambda-powertools/metrics";

export type Phase = "parse" | "fetch" | "decode" | "infer";

/** Upper ends of the histogram of predicted days; what lies above the last is counted as `more`. */
const dayBins = [1, 2, 3, 5, 7, 10, 14, 21];

/** What one request took and came to, handed to CloudWatch when it ends. */
export class Measure {
  private readonly longest = new Map<Phase, number>();
  private readonly metrics: Metrics | undefined;

  constructor(metrics?: Metrics) {
    this.metrics = metrics;
  }

  /** Times a phase. Of several at once, as photographs are decoded, the longest counts. */
  async time<T>(phase: Phase, run: () => Promise<T> | T): Promise<T> {
    const started = performance.now();
    try {
      return await run();
    } finally {
      const milliseconds = performance.now() - started;
      this.longest.set(phase, Math.max(milliseconds, this.longest.get(phase) ?? 0));
    }
  }

  /** An answer: latency by phase, and predicted days as a histogram, by version of the model. */
  answered(version: string, days: readonly number[]): void {
    const metrics = this.metrics;
    if (!metrics) return;
    metrics.addDimension("modelVersion", version);
    for (const [phase, milliseconds] of this.longest) {
      metrics.addMetric(`${phase}Latency`, "Milliseconds", milliseconds);
    }
    metrics.addMetric("predictions", "Count", days.length);
    const bins = days.map((value) => dayBins.find((end) => value < end));
    for (const end of new Set(bins)) {
      metrics.addMetric(end ? `daysBelow${end}` : "daysMore", "Count", bins.filter((bin) => bin === end).length);
    }
    metrics.publishStoredMetrics();
  }

  /** A refusal, by its reason. */
  rejected(reason: string): void {
    const metrics = this.metrics;
    if (!metrics) return;
    metrics.addDimension("reason", reason);
    metrics.addMetric("rejected", "Count", 1);
    metrics.publishStoredMetrics();
  }
}
