import { z } from "zod";
import { isAboutCapacity, noCapacity, notStarted } from "../../aws/capacity.ts";
import type { EndedTrainingJob } from "../../aws/training-jobs.ts";
import { NamedError } from "../../core/errors.ts";

/** The part of `SageMaker Training Job State Change` that matters here. */
export const endedTrainingJob = z.object({
  source: z.literal("aws.sagemaker"),
  detail: z.object({ TrainingJobName: z.string() }),
});

/** `AlgorithmError: <what the trainer wrote into its failure file>, exit code: 1`, where the trainer wrote `Name: reason`. */
const ofTrainer = /^AlgorithmError: ([A-Z]\w*): (.*?)(, exit code: \d+)?$/s;

/** Name and words for how a training job ended. */
export function describeJobEnd({ name, secondaryStatus, failureReason: said }: EndedTrainingJob): NamedError {
  const job = `training job ${name}`;
  const because = said ? `: ${said}` : ", and SageMaker gives no reason";
  const error = (errorName: string, words: string) => new NamedError(errorName, `${words} (${job})${because}`);
  if (secondaryStatus === "MaxRuntimeExceeded") {
    return error("TrainerTimedOut", "The training took longer than 'sagemaker.maxHours' allows");
  }
  if (/^Max(Wait|Pending)TimeExceeded$/.test(secondaryStatus)) {
    return error(noCapacity, "There was no machine for the training in time");
  }
  if (secondaryStatus === "Stopped") return error("TrainerStopped", "The training was stopped");
  const [, trainerError, reason] = ofTrainer.exec(said) ?? [];
  if (trainerError && reason) return new NamedError(trainerError, `${reason} (${job})`);
  if (/exit code: 137\b|OutOfMemory/.test(said)) {
    return error("TrainerOutOfMemory", "The training needed more memory than its machine has");
  }
  if (said.startsWith("AlgorithmError")) return error("TrainerDied", "The training failed");
  if (isAboutCapacity(said)) return error(noCapacity, "There was no capacity for the training");
  // SageMaker's own fault, after which it says "Please try again".
  if (said.startsWith("InternalServerError")) return error("TrainerInterrupted", "SageMaker lost the training");
  return error(notStarted, "The training never started");
}
