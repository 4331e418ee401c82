import type { BatchReport, EpochReport } from "../../core/contracts/training.ts";

/** Who hears how a training goes: a terminal, MLflow, the log. Every method may be left out. */
export interface Reporter {
  onStart?(params: Record<string, string | number>): void | Promise<void>;
  /** Shards unpacked before the first epoch. */
  onPrepare?(done: number, total: number): void | Promise<void>;
  onBatch?(report: BatchReport): void | Promise<void>;
  onEpoch?(report: EpochReport): void | Promise<void>;
  /** Figures as SVG, by file name. */
  onPlots?(plots: Record<string, string>): void | Promise<void>;
}

/** Reports to several, one after the other. */
export function combineReporters(...reporters: Reporter[]): Required<Reporter> {
  const each =
    <K extends keyof Reporter>(method: K) =>
    async (...args: Parameters<Required<Reporter>[K]>) => {
      for (const reporter of reporters) {
        await (reporter[method] as ((...values: typeof args) => void | Promise<void>) | undefined)?.apply(
          reporter,
          args,
        );
      }
    };
  return {
    onStart: each("onStart"),
    onPrepare: each("onPrepare"),
    onBatch: each("onBatch"),
    onEpoch: each("onEpoch"),
    onPlots: each("onPlots"),
  };
}
