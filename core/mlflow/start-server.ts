import { setTimeout as sleep } from "node:timers/promises";
import { NamedError } from "../errors.ts";
import { describeCause, type Fetch } from "../http/request.ts";

/** The task that runs the MLflow server, where it can be started and stopped. */
export interface ServerTask {
  /** How many there should be: 0 when it is scaled to zero. */
  readDesired(): Promise<number>;
  setDesired(count: number): Promise<void>;
}

export interface StartServerOptions {
  trackingUri: string;
  fetch: Fetch;
  /** Absent where the server is started by other means. */
  task?: ServerTask;
  /** Milliseconds until the server must answer. Default: 10 minutes for a task of ours, else 20 s. */
  timeout?: number;
  /** Milliseconds between two looks. Default 3 s. */
  pause?: number;
}

/** Whether the server had to be started, and how long it took until it answered. */
export interface RegistryStarted {
  started: boolean;
  seconds: number;
}

/**
 * Starts the MLflow server if it is scaled to zero, and waits until it answers a call that needs its database.
 * @throws NamedError `RegistryUnavailable` when it does not in time; `RegistryRejected` when it rejects the caller, which
 *   waiting does not mend
 */
export async function startTrackingServer(options: StartServerOptions): Promise<RegistryStarted> {
  const { trackingUri, task, timeout = task ? 600_000 : 20_000, pause = 3000 } = options;
  const began = Date.now();
  let started = false;
  for (;;) {
    // Looked at every time: it may have been stopped this very moment.
    if (task && (await task.readDesired()) === 0) {
      started = true;
      await task.setDesired(1);
    }
    const problem = await findProblem(options);
    if (problem === undefined) return { started, seconds: Math.round((Date.now() - began) / 1000) };
    if (Date.now() - began + pause > timeout) {
      const waited = Math.round((Date.now() - began) / 1000);
      const words = `MLflow at ${trackingUri} did not answer within ${waited} s (${problem}).`;
      throw registryError("RegistryUnavailable", words);
    }
    await sleep(pause);
  }
}

/** What is still missing; nothing when both the server and its database answer. */
async function findProblem({ trackingUri, fetch }: StartServerOptions): Promise<string | undefined> {
  const ask = async (path: string, init: RequestInit) => {
    const response = await fetch(`${trackingUri}${path}`, { ...init, signal: AbortSignal.timeout(35_000) });
    await response.arrayBuffer();
    if (response.status === 401 || response.status === 403) {
      throw registryError(
        "RegistryRejected",
        `MLflow at ${trackingUri} rejects this caller (status ${response.status}).`,
      );
    }
    return response.ok ? undefined : `status ${response.status} of ${path}`;
  };
  try {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ max_results: 1 });
    return (
      (await ask("/health", { method: "GET" })) ??
      (await ask("/api/2.0/mlflow/experiments/search", { method: "POST", headers, body }))
    );
  } catch (error) {
    if (error instanceof NamedError) throw error;
    return describeCause(error);
  }
}

function registryError(name: string, problem: string): NamedError {
  const advice = "Look at its logs and at the events of its ECS service, then start again.";
  return new NamedError(name, `${problem} ${advice}`);
}
