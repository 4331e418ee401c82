import { setTimeout as sleep } from "node:timers/promises";
import pRetry from "p-retry";
import { TransientError } from "../errors.ts";

/** How often, for how long and how fast a failed call is repeated. */
export interface RetryPolicy {
  /** Attempts in all, the first included. */
  maxAttempts: number;
  /** Milliseconds since the first attempt after which no other begins. Default 15 minutes, the longest run of a Lambda. */
  maxElapsed?: number | undefined;
  /** Milliseconds before the second attempt. Random jitter makes each interval up to twice as long. */
  initialInterval: number;
  /** Factor from one interval to the next. Default 2. */
  backoffCoefficient?: number | undefined;
  /** Milliseconds of the longest interval. Default 10 s. */
  maxInterval?: number | undefined;
  /** Milliseconds that a service may ask to wait (`Retry-After`). If it asks for more, the call fails. Default 60 s. */
  maxRetryAfter?: number | undefined;
}

export interface RetryOptions {
  /**
   * Whether the call may be repeated after this error. `attempt` counts from 1, `elapsed` is milliseconds from the
   * beginning of the first attempt to that of the next.
   */
  shouldRetry(error: Error, state: { attempt: number; elapsed: number }): boolean;
  /** Called before each wait for another attempt. */
  onRetry?(error: Error): void | Promise<void>;
}

/**
 * Calls until an attempt succeeds. An error with `retryAfter` is waited for at least that long.
 * @throws the error of the last attempt
 * @example
 * await retry(() => send(url, { timeout: 5000 }), { maxAttempts: 3, initialInterval: 500 }, {
 *   shouldRetry: (error) => error instanceof TransientError,
 * });
 */
export function retry<T>(
  call: (attempt: number) => Promise<T>,
  policy: RetryPolicy,
  { shouldRetry, onRetry }: RetryOptions,
): Promise<T> {
  const { maxElapsed = 900_000, maxInterval = 10_000, maxRetryAfter = 60_000 } = policy;
  const started = performance.now();
  return pRetry(call, {
    retries: policy.maxAttempts - 1,
    minTimeout: policy.initialInterval,
    factor: policy.backoffCoefficient ?? 2,
    maxTimeout: maxInterval,
    randomize: true,
    // Called last, when attempts and time are left. After `true`, p-retry waits for `retryDelay` and calls again.
    shouldRetry: async ({ error, attemptNumber: attempt, retryDelay }) => {
      const asked = (error instanceof TransientError && error.retryAfter) || 0;
      const elapsed = performance.now() - started + Math.max(asked, retryDelay);
      if (asked > maxRetryAfter || elapsed > maxElapsed) return false;
      if (!shouldRetry(error, { attempt, elapsed })) return false;
      await onRetry?.(error);
      await sleep(Math.max(0, asked - retryDelay));
      return true;
    },
  });
}
