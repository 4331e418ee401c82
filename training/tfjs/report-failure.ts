import { setTimeout as sleep } from "node:timers/promises";

export interface FailureReport {
  /** Marks the run as failed. */
  record: () => Promise<void>;
  /** Tells the state machine, which may start the next attempt at once. */
  fail: () => Promise<void>;
  /** Told of each part that could not be done. */
  onProblem: (error: unknown) => void;
  /** Milliseconds that recording may take: it may be MLflow itself that is away. */
  recordWithin: number;
}

/**
 * Reports the failure of a training: first to the run, then to the state machine. The next attempt may begin as soon as the
 * state machine knows, and must not find this trainer still at work on its run.
 */
export async function reportFailure({ record, fail, onProblem, recordWithin }: FailureReport): Promise<void> {
  const stop = new AbortController();
  const late = sleep(recordWithin, undefined, { signal: stop.signal }).then(
    () => Promise.reject(new Error(`MLflow took longer than ${recordWithin / 1000} s`)),
    () => undefined,
  );
  await Promise.race([record(), late]).catch(onProblem);
  stop.abort();
  await fail().catch(onProblem);
}
