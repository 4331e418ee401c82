import { kaggleWaiting } from "../../../lib/config.ts";
import type { Machine, State } from "../definition.ts";
import { heaviestPath, kaggleLoops } from "./paths.ts";

/** Seconds between the attempts of a task that fails until no retry is left, as long as jitter can make them. */
function retryWaits({ Retry = [] }: State): number {
  return Retry.flatMap(({ IntervalSeconds = 1, MaxAttempts, BackoffRate = 2, MaxDelaySeconds = Infinity }) =>
    Array.from({ length: MaxAttempts }, (_, retry) =>
      Math.min(IntervalSeconds * BackoffRate ** retry, MaxDelaySeconds),
    ),
  ).reduce((sum, wait) => sum + wait, 0);
}

/** Seconds that a task takes at most with each of its retries. */
export function secondsWithRetries(state: State): number {
  const attempts = 1 + (state.Retry ?? []).reduce((sum, { MaxAttempts }) => sum + MaxAttempts, 0);
  return (state.TimeoutSeconds ?? 0) * attempts + retryWaits(state);
}

/**
 * The path that takes longest. `mapSeconds`: what the distributed map takes. `ofTask`: what a task takes. Kaggle's loops are
 * not weighed by their turns: together they take what the configuration allows at most, and then the look that ends each.
 */
export function longestPath(machine: Machine, mapSeconds: number, ofTask: (state: State) => number) {
  const bounded = kaggleLoops.flat();
  return heaviestPath(machine, (name, state) => {
    if (state.Type === "Map") return mapSeconds;
    if (state.Type !== "Task") return 0;
    if (!bounded.includes(name)) return ofTask(state);
    return (state.TimeoutSeconds ?? 0) + (name === "Check kernel" ? kaggleWaiting.hours * 3600 : 0);
  });
}
