/** There is no machine for the trainer at the moment, or the account may have no more. */
export const noCapacity = "NoTrainerCapacity";
/** The trainer could not be started, whatever the capacity. */
export const notStarted = "TrainerNotStarted";

/** Is this how ECS and SageMaker say that there is no capacity? ECS has no code for it. */
export function isAboutCapacity(words: string): boolean {
  return /capacity|limit on the number|RESOURCE:|ResourceLimitExceeded/i.test(words);
}
