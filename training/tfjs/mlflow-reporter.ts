import { TransientError } from "../../core/errors.ts";
import type { MetricPoint, Runs } from "../../core/mlflow/runs.ts";
import type { ObjectStore } from "../../core/storage.ts";
import type { Reporter } from "./reporter.ts";

/** A reporter that must be told when all is said. */
export interface FlushableReporter extends Reporter {
  /** Logs what could not be logged before. @throws TransientError when MLflow is still away */
  flush(): Promise<void>;
}

/**
 * Logs a training to its MLflow run: parameters, metrics at each epoch, figures below `plots/` of the run's artifacts
 * (`prefix`). A server that is away for a while does not end the training: its metrics are logged with the next epoch's.
 * With `openPhase`, which gives the run of a phase, each phase is logged to its own run as well.
 */
export function createMlflowReporter(
  runs: Runs,
  runId: string,
  artifacts: ObjectStore,
  prefix: string,
  openPhase?: (phase: string) => Promise<string>,
): FlushableReporter {
  let pending: { phase?: string; metrics: MetricPoint[] }[] = [];
  let step = 0;
  const flush = async () => {
    while (pending[0]) {
      const { phase, metrics } = pending[0];
      await runs.log(phase && openPhase ? await openPhase(phase) : runId, { metrics });
      pending = pending.slice(1);
    }
  };
  return {
    flush,
    async onStart(params) {
      await runs.log(runId, { params });
    },
    async onEpoch({ phase, epoch, trainLoss, valLoss, valMae, learningRate, seconds }) {
      step++;
      const values = {
        train_loss: trainLoss,
        val_loss: valLoss,
        val_mae: valMae,
        learning_rate: learningRate,
        epoch_seconds: seconds,
      };
      const timestamp = Date.now();
      const at = (epoch: number) =>
        Object.entries(values).map(([key, value]) => ({ key, value, step: epoch, timestamp }));
      pending.push({ metrics: at(step) });
      if (openPhase) pending.push({ phase, metrics: at(epoch) });
      await flush().catch((error: unknown) => {
        if (!(error instanceof TransientError)) throw error;
      });
    },
    async onPlots(plots) {
      for (const [name, svg] of Object.entries(plots)) {
        await artifacts.write(`${prefix}plots/${name}`, svg, "image/svg+xml");
      }
    },
  };
}
