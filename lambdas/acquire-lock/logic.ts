import type { LockAnswer } from "../../core/contracts/pipeline.ts";
import { acquireLock, type IsRunning } from "../../core/retraining-lock.ts";
import { executionName } from "../../core/run-tags.ts";
import type { ObjectStore } from "../../core/storage.ts";

/** Takes the lock, or says which execution has it. */
export async function acquireRetrainingLock(
  executionArn: string,
  data: ObjectStore,
  isRunning: IsRunning,
): Promise<LockAnswer> {
  const other = await acquireLock(data, executionArn, isRunning);
  if (!other) return { acquired: true };
  const reason =
    `Not started: the retraining ${executionName(other.executionArn)} has been running since ${other.takenAt}, and one ` +
    "runs at a time. Start again when it has ended, or stop it first.";
  return { acquired: false, holder: other.executionArn, reason };
}
