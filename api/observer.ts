import type { metricNames } from "../core/contracts/metrics.ts";

/** Where a request spends its time. */
export type Phase = keyof typeof metricNames.latency;

/** A part of a request's time, in seconds since 1970. */
export interface Span {
  name: Phase;
  start: number;
  end: number;
}

/** Is told what requests took and came to; in AWS that becomes metrics and traces. */
export interface Observer {
  /** A prediction: the longest time of each phase in milliseconds, the model's version, the predicted days. */
  predicted?(latency: ReadonlyMap<Phase, number>, version: string, days: readonly number[]): void;
  /** A request that was not answered as asked, by the `code` of its answer. */
  rejected?(code: string): void;
  /** The published champion could not be loaded; the model before it goes on serving. */
  modelReloadFailed?(): void;
  /** All phases of a request, before its answer is given. */
  traced?(spans: readonly Span[]): Promise<void>;
}

/** Where the API logs to. */
export interface Log {
  info(message: string, details: Record<string, unknown>): void;
  error(message: string, details: { error: unknown }): void;
}
