import { NamedError, TransientError } from "../core/errors.ts";

/** There is no machine for the trainer at the moment, or the account may have no more. */
export const noCapacity = "NoTrainerCapacity";
/** The trainer could not be started, whatever the capacity. */
export const notStarted = "TrainerNotStarted";

/** Is this how ECS and SageMaker say that there is no capacity? ECS has no code for it. */
export function isAboutCapacity(words: string): boolean {
  return /capacity|limit on the number|RESOURCE:|ResourceLimitExceeded/i.test(words);
}

/** The error of a trainer that a service did not start, after the SDK's own retries. Too many calls, or a fault of the service's own, pass. */
export function describeRejection(service: string, words: string, cause?: unknown): NamedError {
  const message = `${service} did not start the trainer: ${words}`;
  const { name = "", $fault } = (cause ?? {}) as { name?: string; $fault?: string };
  if (isAboutCapacity(words)) return new NamedError(noCapacity, message, { cause });
  if ($fault === "server" || /^(Throttling|TooManyRequests)/.test(name)) return new TransientError(message, { cause });
  return new NamedError(notStarted, message, { cause });
}
