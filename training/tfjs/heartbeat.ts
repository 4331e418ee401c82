import { NamedError } from "../../core/errors.ts";

/** The state machine, as far as a trainer speaks to it. */
export interface TaskTokens {
  /** Says that the trainer lives. False when the execution no longer waits for this token. */
  heartbeat(taskToken: string): Promise<boolean>;
  /** The token in the job as it is now: a redriven execution writes its own there. */
  current(): Promise<string>;
}

/** A running heartbeat. */
export interface Heartbeat {
  stop(): void;
}

/**
 * Says every `seconds` that the trainer lives. When the execution no longer waits for the token and the job holds no other one,
 * `onAbandoned` is told, once. A beat that fails otherwise is passed to `onProblem`; the next may succeed.
 */
export function startHeartbeat(
  tokens: TaskTokens,
  seconds: number,
  onAbandoned: (error: Error) => void,
  onProblem: (error: unknown) => void,
): Heartbeat {
  let beating = false;
  const beat = async () => {
    if (beating) return;
    beating = true;
    try {
      if (await isAwaited(tokens)) return;
      clearInterval(timer);
      onAbandoned(new NamedError("TrainerAbandoned", "The execution that started this training has ended"));
    } catch (error) {
      onProblem(error);
    } finally {
      beating = false;
    }
  };
  const timer = setInterval(() => void beat(), seconds * 1000);
  return { stop: () => clearInterval(timer) };
}

async function isAwaited(tokens: TaskTokens): Promise<boolean> {
  const token = await tokens.current();
  if (await tokens.heartbeat(token)) return true;
  const newer = await tokens.current();
  return newer !== token && (await tokens.heartbeat(newer));
}
