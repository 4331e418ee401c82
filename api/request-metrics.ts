import type { Observer, Phase, Span } from "./observer.ts";

/** What one request took and came to. */
export class RequestMetrics {
  /** Every phase so far. */
  readonly spans: Span[] = [];
  private readonly longest = new Map<Phase, number>();
  private readonly observer: Observer;

  constructor(observer: Observer = {}) {
    this.observer = observer;
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

  /** Reports a prediction. */
  recordPrediction(version: string, days: readonly number[]): void {
    this.observer.predicted?.(this.longest, version, days);
  }
}
