import type { TrainingEvent } from "../../core/contracts/training.ts";
import type { Reporter } from "./reporter.ts";

/** Tells of the training as events; of batches at most one a second. */
export function createEventReporter(emit: (event: TrainingEvent) => void): Reporter {
  let last = Number.NEGATIVE_INFINITY;
  return {
    onPrepare: (done, total) => emit({ event: "prepare", done, total }),
    onStart: (params) => emit({ event: "start", params }),
    onBatch(report) {
      const now = performance.now();
      if (now - last < 1000) return;
      last = now;
      emit({ event: "batch", ...report });
    },
    onEpoch: (report) => emit({ event: "epoch", ...report }),
  };
}
