import { z } from "zod";
import { isAboutCapacity, noCapacity, notStarted } from "../../aws/capacity.ts";
import { interrupted, trainingJob, trainingKeys } from "../../core/contracts/training.ts";
import { NamedError } from "../../core/errors.ts";
import { type ObjectStore, readJson } from "../../core/storage.ts";

/** The part of `ECS Task State Change` that matters here. */
export const stoppedTask = z.object({
  detail: z.object({
    taskArn: z.string(),
    /** The run that the task trains; a task that was started by hand trains none. */
    startedBy: z.string().optional(),
    stopCode: z.string().optional(),
    stoppedReason: z.string().default(""),
    createdAt: z.coerce.date().optional(),
    executionStoppedAt: z.coerce.date().optional(),
    stoppedAt: z.coerce.date().optional(),
    containers: z
      .array(z.object({ name: z.string(), exitCode: z.int().optional(), reason: z.string().optional() }))
      .default([]),
  }),
});
export type StoppedTask = z.infer<typeof stoppedTask>["detail"];

/** How a trainer ended. */
export interface TrainerEnd {
  /** Undefined for one that was started by hand. */
  runId: string | undefined;
  createdAt: Date | undefined;
  endedAt: Date | undefined;
  error: Error;
}

/** How the trainer of an ECS task ended. */
export function endOfTask(task: StoppedTask): TrainerEnd {
  const { startedBy: runId, createdAt, executionStoppedAt, stoppedAt } = task;
  return { runId, createdAt, endedAt: executionStoppedAt ?? stoppedAt, error: describeEnd(task) };
}

/**
 * Fails the task token of a trainer that ended without a word. One that has answered has spent its token, so that this
 * call changes nothing.
 * @returns the failure that was sent, or undefined when the token in the job belongs to a later trainer
 */
export async function reportStoppedTrainer(
  { runId, createdAt, endedAt, error: end }: TrainerEnd,
  data: ObjectStore,
  fail: (taskToken: string, error: Error) => Promise<void>,
): Promise<Error | undefined> {
  if (runId === undefined) return undefined;
  const key = trainingKeys.job(runId);
  const written = await data.head(key);
  // The run was resumed after this trainer had ended: another one works on it.
  if (!written || (endedAt && written.modified > endedAt)) return undefined;
  const { taskToken } = await readJson(data, key, (value) => trainingJob.parse(value));
  // Its job is written before a trainer is created. Written again since, it holds the token of a later attempt, which this
  // trainer may have left without an answer while it ended: that attempt is to be repeated, not to fail.
  const resumed = createdAt !== undefined && written.modified > createdAt;
  const error =
    resumed && end.name === "TrainerDied"
      ? new NamedError(interrupted, `A later attempt resumed the run of a trainer that was ending. ${end.message}`)
      : end;
  await fail(taskToken, error);
  return error;
}

/** Name and words for how a task ended. */
export function describeEnd({ taskArn, stopCode = "", stoppedReason, containers }: StoppedTask): NamedError {
  const said = [stoppedReason, ...containers.flatMap(({ reason }) => reason ?? [])].filter(Boolean).join(" ");
  const exit = containers.find(({ exitCode }) => exitCode !== undefined)?.exitCode;
  const task = `ECS task ${taskArn.split("/").at(-1)}`;
  const because = said ? `: ${said}` : ", and ECS gives no reason";
  if (stopCode === "TaskFailedToStart") {
    return isAboutCapacity(said)
      ? new NamedError(noCapacity, `There was no capacity for the trainer (${task})${because}`)
      : new NamedError(notStarted, `The trainer never started (${task})${because}`);
  }
  if (/OutOfMemory/i.test(said)) {
    return new NamedError("TrainerOutOfMemory", `The trainer needed more memory than its task has (${task})${because}`);
  }
  if (["SpotInterruption", "TerminationNotice"].includes(stopCode)) {
    return new NamedError(interrupted, `AWS took the trainer's machine back (${task})${because}`);
  }
  if (stopCode === "UserInitiated") {
    return new NamedError("TrainerStopped", `The trainer was stopped (${task})${because}`);
  }
  return new NamedError("TrainerDied", `The trainer ended with exit code ${exit ?? "unknown"} (${task})${because}`);
}
