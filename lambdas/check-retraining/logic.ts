export interface RetrainingHistory {
  /** When the newest execution that succeeded ended; none if there is none. */
  lastSuccess(): Promise<Date | undefined>;
  /** When the state machine was made. */
  madeAt(): Promise<Date>;
}

const millisecondsPerDay = 86_400_000;

/** Days since a retraining last succeeded; before the first, since there could be one. */
export async function daysSinceRetraining(history: RetrainingHistory, now = Date.now()): Promise<number> {
  const since = (await history.lastSuccess()) ?? (await history.madeAt());
  return (now - since.getTime()) / millisecondsPerDay;
}
