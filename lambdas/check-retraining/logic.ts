import type { NothingTrained } from "../../core/contracts/pipeline.ts";

/** An execution that succeeded. */
export interface EndedExecution {
  endedAt: Date;
  /** Why it trained nothing, if so. */
  outcome?: NothingTrained | undefined;
}

export interface RetrainingHistory {
  /** The executions that succeeded, the newest first. */
  successes(): AsyncIterable<EndedExecution>;
  /** When the state machine was made. */
  madeAt(): Promise<Date>;
}

const millisecondsPerDay = 86_400_000;

/**
 * Days since a retraining last succeeded; before the first, since there could be one: since an execution last found no data,
 * or since the state machine was made. An execution that trained nothing is not a success.
 */
export async function daysSinceRetraining(history: RetrainingHistory, now = Date.now()): Promise<number> {
  return (now - (await since(history)).getTime()) / millisecondsPerDay;
}

async function since({ successes, madeAt }: RetrainingHistory): Promise<Date> {
  let withoutData: Date | undefined;
  for await (const { endedAt, outcome } of successes()) {
    if (!outcome) return endedAt;
    if (outcome === "NoData") withoutData ??= endedAt;
  }
  return withoutData ?? madeAt();
}
