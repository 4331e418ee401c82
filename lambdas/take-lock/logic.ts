import type { TakenLock } from "../../core/contracts/pipeline.ts";
import { type IsRunning, takeLock } from "../../core/retraining-lock.ts";
import { executionName } from "../../core/run-tags.ts";
import type { ObjectStore } from "../../core/storage.ts";

/** Takes the lock, or says which execution has it. */
export async function takeRetrainingLock(
  executionArn: string,
  data: ObjectStore,
  isRunning: IsRunning,
): Promise<TakenLock> {
  const other = await takeLock(data, executionArn, isRunning);
  if (!other) return { taken: true };
  const reason =
    `Not started: the retraining ${executionName(other.executionArn)} has been running since ${other.takenAt}, and one ` +
    "runs at a time. Start again when it has ended, or stop it first.";
  return { taken: false, holder: other.executionArn, reason };
}
